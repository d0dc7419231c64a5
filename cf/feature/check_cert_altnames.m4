divert(-1)
_feature()
_line(`O SetCertAltnames=true')
