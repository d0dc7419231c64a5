divert(-1)
_feature(`conncontrol', defn(`_arg1'), defn(`_arg2'))
