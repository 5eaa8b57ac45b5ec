"""What a DC/OS or Mesos cluster says, decoded truthfully. No Django, no database: usable as a library and from a shell."""
