"""Search that forgives: stems of each language, typing errors, synonyms. See finding.find."""
