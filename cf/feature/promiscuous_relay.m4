divert(-1)
_feature(`promiscuous_relay')
