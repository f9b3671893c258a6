"""The Annuaire santé, national register of professionals: its open extract, indexed.

Not to be taken for *the directory* (a store), which its French users call annuaire too.
"""
