"""A demonstration organisation that lives through one real week: offline tablets, photos, conflicts, scores, mail."""
