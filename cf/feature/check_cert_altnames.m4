divert(-1)
_plain()
_line(`O SetCertAltnames=true')
