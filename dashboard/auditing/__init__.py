"""The audit tier: each day an entry a cluster is made (daily), the chain is checked (checking) and handed out (export)."""
