divert(-1)
_feature(`delay_checks', defn(`_arg1'), defn(`_arg2'))
