#!/bin/sh
# take_programs.sh FROM TO: PostgreSQL's client programs with the libraries they need, to run in another image.
set -eu
from=$1 to=$2

mkdir -p "$to/bin" "$to/lib"
for program in pg_dump pg_restore psql; do
    cp "$from/$program" "$to/lib/$program"
    ldd "$from/$program" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' |
        grep -vE '/(libc|libm|libdl|librt|libpthread|libresolv)\.so' |
        while read -r library; do cp -L "$library" "$to/lib/"; done
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$to/lib" "$to/lib/$program" >"$to/bin/$program"
    chmod 755 "$to/bin/$program"
    "$to/bin/$program" --version
done
