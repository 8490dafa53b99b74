"""What waits for the user: findings grouped by kind, evidence in plain words, the recommended action first."""
