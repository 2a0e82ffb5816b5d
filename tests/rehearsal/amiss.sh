#!/bin/sh
# Leaves on a board what pupils, upgrades and power cuts leave there: all at once, none of it by our hands.
set -e
export DEBIAN_FRONTEND=noninteractive
cd "$(mktemp -d)"

# package NAME VERSION [CONTROL-LINES]: a package of somebody's own; what is in ./files and ./scripts goes into it.
package() {
    mkdir -p "$1/DEBIAN" files scripts
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: pupil\n%sDescription: own\n' \
        "$1" "$2" "$3" > "$1/DEBIAN/control"
    cp -r files/. "$1/"
    cp -r scripts/. "$1/DEBIAN/"
    dpkg-deb --build --root-owner-group "$1" "$1-$2.deb" > /dev/null
    rm -rf "$1" files scripts
}

apt-get download --quiet tree

# A retired suite, a host that is not there, a suite without the right key, a file that nobody can read, one ignored.
MIRROR=$(sed -n 's/^\(URIs: \|deb .*\)\(http[^ ]*debian\) .*/\2/p; s/^URIs: *\(http[^ ]*debian\)$/\1/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | head -1)
cd /etc/apt/sources.list.d
echo "deb $MIRROR buster-backports main" > retired.list
echo "deb http://nowhere.invalid/debian sid main" > nowhere.list
echo "deb [signed-by=/usr/share/keyrings/nobody.gpg] $MIRROR sid main" > unsigned.list
echo "dbe $MIRROR sid main" > mistyped.list
echo "dbe $MIRROR sid main" > mistyped.list.distUpgrade
cd "$OLDPWD"

# iF: its script fails. iU: it needs what nobody has.
mkdir scripts && printf '#!/bin/sh\nexit 3\n' > scripts/postinst && chmod +x scripts/postinst
package failing 1 ''
dpkg --install failing-1.deb || true
package lacking 1 'Depends: nothing-has-this-name
'
dpkg --install lacking-1.deb || true

# iU, and dpkg asks what to keep of a settings file: the new version has another one than the changed old one.
for version in 1 2; do
    mkdir -p files/etc scripts && echo "from $version" > files/etc/asking.conf && echo /etc/asking.conf > scripts/conffiles
    package asking $version ''
done
dpkg --install asking-1.deb
echo "from a pupil" > /etc/asking.conf
dpkg --unpack asking-2.deb

# hU: on hold, so that dpkg passes it by.
package holding 1 ''
dpkg --unpack holding-1.deb
echo holding hold | dpkg --set-selections

# iHR: half there, and in no package source; and one that has a source.
package losing 1 ''
dpkg --install losing-1.deb
dpkg --install tree_*.deb
dpkg --purge htop
sed -i '/^Package: \(losing\|tree\)$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status

# What dpkg leaves when it is killed.
dpkg-query --status asking > /var/lib/dpkg/updates/0000
