"""Custom resource definitions at work: names are accepted, kinds are served, instances are removed."""
