"""Stand-in for kms++, which draws on screens and which Debian has not: any format has a name."""


class Names:
    def __getattr__(self, name):
        return name


PixelFormat = Names()
