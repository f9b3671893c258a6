"""The tests of rorcli; a package, so that a suite can be imported (`tests.stores.contract`)."""
