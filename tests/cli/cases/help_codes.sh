stoa help codes
