"""How `manage.py up` prepares an installation and hands it to supervisor: lock, database, static files, broker, programs."""
