"""Keys and objects of a repository, by the specification of its format: what `read-repository` reads with.

Needs python3-cryptography and libxxhash0.
"""

import ctypes
import hashlib
import hmac
import json
import os
import struct
import sys
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# Kinds of objects and of frames, as far as a reader of backups needs them.
POINT, PACK, MAP, HEAD = 1, 2, 3, 5
PAGES, DELTA, RECORD, CONTENTS, FOOTER = 1, 2, 3, 4, 5


class Damaged(Exception):
    """Something isn't as the specification has it."""


def require(holds, what):
    if not holds:
        raise Damaged(what)


# Keys


def derived(secret, salt, info, count):
    """HKDF-SHA256."""
    key, block, output = hmac.digest(salt, secret, "sha256"), b"", b""
    for number in range(1, -(-count // 32) + 1):
        block = hmac.digest(key, block + info + bytes([number]), "sha256")
        output += block
    return output[:count]


def canonical(*fields):
    return b"".join(struct.pack("<I", len(field.encode())) + field.encode() for field in fields)


def recovery_bytes(text):
    letters = [letter for letter in text.lower() if letter.isalpha()]
    require(len(letters) == 85, "these are not seventeen words of five letters")
    numbers = []
    for start in range(0, 85, 5):
        number = 0
        for position, letter in enumerate(letters[start : start + 5]):
            alphabet, bits = ("bdfghjklmnprstvz", 4) if position % 2 == 0 else ("aiou", 2)
            require(letter in alphabet, f"word {start // 5 + 1} is mistyped")
            number = number << bits | alphabet.index(letter)
        numbers.append(number)
    key = struct.pack(">16H", *numbers[:16])
    check = hashlib.sha256(b"holdfast recovery check 1" + key).digest()[:2]
    require(check == struct.pack(">H", numbers[16]), "the last word does not check the others")
    return key


def typed_secret(key):
    if key == "passphrase":
        return "passphrase", sys.stdin.readline().rstrip("\n").encode()
    if key == "words":
        return "recovery", recovery_bytes(sys.stdin.readline())
    with open(key, "rb") as file:
        content = file.read(4097)
    return "key-file", content[:-1] if content.endswith(b"\n") else content


def wrapping_key(slot, secret):
    salt = bytes.fromhex(slot["salt"])
    if slot["kind"] == "passphrase":
        cost = slot["scrypt"]
        memory = (1 << 30) + (1 << 26)
        return hashlib.scrypt(secret, salt=salt, n=cost["n"], r=cost["r"], p=cost["p"], maxmem=memory, dklen=32)
    info = {"key-file": b"holdfast key file 1", "recovery": b"holdfast recovery key 1"}[slot["kind"]]
    return derived(secret, salt, info, 32)


def unwrapped(folder, repository, key):
    """The master key, by the first slot that opens."""
    kind, secret = typed_secret(key)
    for name in sorted(os.listdir(f"{folder}/keys")):
        if name.endswith(".seal") or name.startswith(".tmp-"):
            continue
        with open(f"{folder}/keys/{name}", encoding="utf-8") as file:
            slot = json.load(file)
        if slot["kind"] != kind:
            continue
        cost = slot.get("scrypt") or {"n": "", "r": "", "p": ""}
        bound = canonical(
            "holdfast key slot", str(slot["format"]), repository, slot["id"], kind, slot["label"], slot["created"],
            str(cost["n"]), str(cost["r"]), str(cost["p"]), slot["salt"],
        )
        cipher = AESGCM(wrapping_key(slot, secret))
        try:
            return cipher.decrypt(bytes.fromhex(slot["nonce"]), bytes.fromhex(slot["wrapped"]), bound)
        except InvalidTag:
            continue
    raise Damaged("no key matches")


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


xxhash = ctypes.CDLL("libxxhash.so.0").XXH3_128bits_withSecret
xxhash.restype = Hash128
xxhash.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def hashed(content, secret):
    value = xxhash(content, len(content), secret, len(secret))
    return value.high << 64 | value.low


# Objects


class Object:
    """One file of the repository: its frames, by index."""

    def __init__(self, repository, path, kind, unit, sequence, qualifier):
        with open(path, "rb") as file:
            self.content = file.read()
        header = self.content[:96]
        self.name = path
        wanted = b"HFE1" + bytes([kind, 0, 0, 0]) + repository.id + unit + struct.pack("<QQ", sequence, qualifier)
        require(header[:56] == wanted, f"{path} is not the object that its name says")
        self.cipher = AESGCM(derived(repository.master, header[56:88], b"holdfast object 1" + header, 32))
        self.prefix = header[88:96]
        at, length, count, total = struct.unpack("<QIIQ", self.open(len(self.content) - 72, FOOTER)[0])
        require(total == len(self.content) and at + length == total - 72, f"{path} has another length")
        self.entries = self.parsed(self.open(at, CONTENTS)[0], count)

    def open(self, offset, kind):
        """The plain bytes of the frame at an offset, and its index."""
        header = self.content[offset : offset + 32]
        require(header[:5] == b"HFF1" + bytes([kind]), f"{self.name} has no such frame at {offset}")
        codec, flags, index, plain, sealed = struct.unpack("<BHIII", header[5:20])
        require(flags == 0 and not any(header[20:]) and codec in (0, 1), f"{self.name} is of a later format")
        nonce = self.prefix + struct.pack("<I", index)
        try:
            content = self.cipher.decrypt(nonce, self.content[offset + 32 : offset + 32 + sealed], header)
        except InvalidTag:
            raise Damaged(f"{self.name}: frame {index} does not open") from None
        if codec == 1:
            content = zlib.decompress(content)
        require(len(content) == plain, f"{self.name}: frame {index} has another length")
        return content, index

    def parsed(self, table, count):
        require(struct.unpack("<II", table[:8]) == (count, 0), f"{self.name} has other contents")
        entries, position = [], 8
        for _ in range(count):
            kind, _, runs, _, offset, _ = struct.unpack("<BBHIQI", table[position : position + 20])
            entries.append((kind, offset))
            position += 20 + 12 * runs
        require(position == len(table), f"{self.name} has contents that are too long")
        return entries

    def frame(self, index, kind):
        require(self.entries[index][0] == kind, f"{self.name}: frame {index} is of another kind")
        content, found = self.open(self.entries[index][1], kind)
        require(found == index, f"{self.name}: frame {found} is in the place of {index}")
        return content

    def frames(self, kind):
        return (self.frame(index, kind) for index, entry in enumerate(self.entries) if entry[0] == kind)

    def record(self):
        value = json.loads(next(self.frames(RECORD)))
        require(value["format"] == 1, f"{self.name} is of a later format")
        return value["content"]

    def places(self):
        """(file, page) with (object, frame, slot, hash), ascending."""
        for block in self.frames(DELTA):
            extents, _ = struct.unpack("<II", block[:8])
            at = 8 + 24 * extents
            for start in range(8, at, 24):
                file, page, count, number, frame, slot = struct.unpack("<6I", block[start : start + 24])
                for step in range(count):
                    yield (file, page + step), (number, frame, slot + step, int.from_bytes(block[at : at + 16], "little"))
                    at += 16
