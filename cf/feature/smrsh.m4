divert(-1)
_plain()
_m4_define(`LOCAL_SHELL_PATH', ifelse(defn(`_ARG_'), `', `ifdef(`confEBINDIR', `confEBINDIR', ``/usr/libexec'')`/smrsh'', `_ARG_'))
_quietly(`LOCAL_SHELL_ARGS', `smrsh -c $u')
