"""rorcli: an establishment's card in the ROR as one YAML file, checked, compared and pushed.

The ROR (Répertoire opérationnel des ressources) is the French directory of care offers. The
package reads in the order the data flows; CONTRIBUTING.md holds the map.
"""

__version__ = "0.1.0"
