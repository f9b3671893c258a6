"""The file as text: read with positions, spliced, addressed, written anew."""
