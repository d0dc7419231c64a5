divert(-1)
_feature(`greet_pause', defn(`_arg1'))
