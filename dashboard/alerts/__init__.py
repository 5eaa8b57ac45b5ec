"""Rules judged over stored facts on their own clock, the life of alerts, and the notices that are owed and sent (house, D13)."""
