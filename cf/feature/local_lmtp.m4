divert(-1)
_feature(`local_lmtp', defn(`_arg1'))
