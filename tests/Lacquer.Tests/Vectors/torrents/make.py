#!/usr/bin/python3
"""Makes the vectors in this folder with libtorrent and hashlib, that is, by others' code than ours.

    /usr/bin/python3 make.py

Content of a file is SHA-256 in counter mode: sha256("SEED:0") + sha256("SEED:1") + ..., cut to its length.
"""
import hashlib
import json
import os
import tempfile

import libtorrent as lt

HERE = os.path.dirname(os.path.abspath(__file__))
BLOCK = 16384


def content(seed, length):
    blocks = (length + 31) // 32
    return b"".join(hashlib.sha256(b"%d:%d" % (seed, i)).digest() for i in range(blocks))[:length]


def torrent(folder, names, piece_length, flags):
    storage = lt.file_storage()
    for name in names:
        storage.add_file(name, os.path.getsize(os.path.join(folder, name)))
    made = lt.create_torrent(storage, piece_length, flags)
    lt.set_piece_hashes(made, folder)
    entry = made.generate()
    entry.pop(b"creation date", None)
    entry.pop(b"created by", None)
    return entry


def hashes(folder, seed, length, piece_length):
    """Root and layer from a v2 torrent of this one file by libtorrent; the rest by hashlib."""
    data = content(seed, length)
    name = "one-%d-%d" % (seed, length)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)
    entry = torrent(folder, [name], piece_length, lt.create_torrent.v2_only)
    root = entry[b"info"][b"file tree"][name.encode()][b""][b"pieces root"]
    layer = entry[b"piece layers"].get(root, b"")
    v1 = b""
    for start in range(0, length, piece_length):
        v1 += hashlib.sha1(data[start:start + piece_length].ljust(piece_length, b"\0")).digest()
    return {
        "seed": seed, "lengthBytes": length, "pieceLengthBytes": piece_length,
        "sha256": hashlib.sha256(data).hexdigest(), "root": root.hex(), "pieceLayer": layer.hex(), "pieceDigestsV1": v1.hex(),
    }


def main():
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for piece_length in (BLOCK, 4 * BLOCK, 64 * BLOCK):
            lengths = {1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5, 3 * BLOCK, piece_length - 1, piece_length,
                       piece_length + 1, 2 * piece_length, 3 * piece_length - 7, 5 * piece_length + BLOCK + 9}
            for length in sorted(length for length in lengths if length <= 1 << 21 or piece_length == 64 * BLOCK):
                objects.append(hashes(folder, len(objects), length, piece_length))
        with open(os.path.join(HERE, "objects.json"), "w") as out:
            json.dump(objects, out, indent=1)
            out.write("\n")

        os.makedirs(os.path.join(folder, "album", "disc 1"))
        for seed, (name, length) in enumerate((("a.txt", 5), ("disc 1/01.ogg", 100000), ("disc 1/02.ogg", 65536), ("z.txt", 40000))):
            with open(os.path.join(folder, "album", name), "wb") as out:
                out.write(content(1000 + seed, length))
        names = ["album/a.txt", "album/disc 1/01.ogg", "album/disc 1/02.ogg", "album/z.txt"]
        answers = {}
        for form, flags in (("v1", lt.create_torrent.v1_only), ("v2", lt.create_torrent.v2_only), ("hybrid", 0)):
            encoded = lt.bencode(torrent(folder, names, 2 * BLOCK, flags))
            with open(os.path.join(HERE, form + ".torrent"), "wb") as out:
                out.write(encoded)
            info = lt.torrent_info(lt.bdecode(encoded))
            found = info.info_hashes()
            files = info.files()
            answers[form] = {
                "v1": str(found.v1) if found.has_v1() else None,
                "v2": str(found.v2) if found.has_v2() else None,
                "files": [
                    {"path": files.file_path(i), "lengthBytes": files.file_size(i), "isPad": bool(files.file_flags(i) & 1),
                     "offsetBytes": files.file_offset(i)}
                    for i in range(files.num_files())
                ],
            }
        with open(os.path.join(HERE, "torrents.json"), "w") as out:
            json.dump(answers, out, indent=1)
            out.write("\n")


main()
