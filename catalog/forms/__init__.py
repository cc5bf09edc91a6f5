"""Forms built in the admin: their definition, the answers to them, and how they are drawn."""
