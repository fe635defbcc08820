"""Words in: what a person wrote becomes an intent. Pure; knows no database and no clock."""
