stoa
stoa help E104
stoa help head
