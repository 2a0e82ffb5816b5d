"""Stand-in for pidng, which writes raw pictures and wants a compiler: nothing here asks for one."""
