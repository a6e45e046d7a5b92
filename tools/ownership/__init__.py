"""Our field ownership against structured-merge-diff itself: random applies and updates, operation by operation."""
