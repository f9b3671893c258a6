"""A directory that is a FHIR R4 server with the ROR's profiles.

The mapping is pure. `bag.MemoryBag(resources)` finds resources by reference, `reading.sites` the
EGs among them, `reading.read(bag, eg)` makes a `Tree`: the Establishment, and the resource that
each part was read from. `writing.pairs(wanted, tree)` is the way back: each resource before and
after, in the order in which to write them. One declaration of lenses serves both ways.
"""
