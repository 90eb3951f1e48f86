"""``ObjectStoragePath``: names of objects as Airflow has them; reading and writing of local files alone."""

from __future__ import annotations

import hashlib
import posixpath
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from upgradecheck.runtime.unmodelled import NotModelled

HOME = "airflow.sdk.io.path"
LOCAL = ("", "file", "local")


class ObjectStoragePath:
    """A place in a store: ``protocol://[connection@]bucket/key``."""

    __version__ = 1
    protocol: str
    bucket: str
    conn_id: str | None
    _path: str

    def __init__(
        self, *args: Any, protocol: str | None = None, conn_id: str | None = None, **storage_options: Any
    ) -> None:
        first = args[0] if args else ""
        if isinstance(first, ObjectStoragePath):
            parts: Any = (first.protocol, first.bucket, first._path, first.conn_id)
        else:
            url = urlsplit(str(first))
            user, given, host = url.netloc.rpartition("@")
            parts = (url.scheme, host, url.path, (user or None) if given else None)
        self.protocol, self.bucket, path, own = parts
        self.protocol = protocol or self.protocol
        self.conn_id = conn_id if conn_id is not None else own
        self.storage_options = storage_options
        self._path = posixpath.join(path or "", *map(str, args[1:]))

    def _with(self, path: str) -> ObjectStoragePath:
        made = ObjectStoragePath(self, conn_id=self.conn_id, **self.storage_options)
        made._path = path
        return made

    @property
    def container(self) -> str:
        """The bucket."""
        return str(self.bucket)

    @property
    def key(self) -> str:
        """The object's name in its bucket."""
        return self._path.lstrip("/")

    @property
    def namespace(self) -> str:
        """Protocol and bucket."""
        return f"{self.protocol}://{self.bucket}" if self.bucket else str(self.protocol)

    @property
    def path(self) -> str:
        """Bucket and key; of local files the path."""
        return self._path if self._local else f"{self.bucket}{self._path}"

    @property
    def _local(self) -> bool:
        return self.protocol in LOCAL

    @property
    def _file(self) -> Path:
        """The local file. Raises ``NotModelled`` for other stores."""
        if not self._local:
            raise NotModelled(f"reading and writing of {self.protocol}:// is not modelled")
        return Path(self._path)

    def __truediv__(self, other: Any) -> ObjectStoragePath:
        return self.joinpath(other)

    def joinpath(self, *others: Any) -> ObjectStoragePath:
        """Further in."""
        base = self._path or ("/" if self.bucket else "")
        return self._with(posixpath.join(base, *map(str, others)))

    @property
    def parent(self) -> ObjectStoragePath:
        """Further out."""
        return self._with(posixpath.dirname(self._path.rstrip("/")))

    @property
    def name(self) -> str:
        """The last part."""
        return posixpath.basename(self._path)

    @property
    def stem(self) -> str:
        """The last part without its ending."""
        return posixpath.splitext(self.name)[0]

    @property
    def suffix(self) -> str:
        """The ending."""
        return posixpath.splitext(self.name)[1]

    @property
    def parts(self) -> tuple[str, ...]:
        """Part by part."""
        first = f"{self.bucket}/" if self.bucket else "/" if self._path.startswith("/") else ""
        return tuple(filter(None, (first, *self._path.split("/"))))

    def open(self, mode: str = "r", **kwargs: Any) -> Any:
        """The file."""
        return self._file.open(mode, **kwargs)

    def iterdir(self) -> Iterator[ObjectStoragePath]:
        """What is in it."""
        return (self._with(str(each)) for each in sorted(self._file.iterdir()))

    def glob(self, pattern: str, **kwargs: Any) -> Iterator[ObjectStoragePath]:
        """What is in it, by pattern."""
        return (self._with(str(each)) for each in sorted(self._file.glob(pattern)))

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False, **kwargs: Any) -> None:
        """Make it."""
        self._file.mkdir(mode, parents, exist_ok)

    def unlink(self, missing_ok: bool = False, **kwargs: Any) -> None:
        """Take it away."""
        self._file.unlink(missing_ok)

    def rmdir(self, recursive: bool = True) -> None:
        """Take the folder away, with what is in it."""
        if recursive:
            shutil.rmtree(self._file)
        else:
            self._file.rmdir()

    def samestore(self, other: Any) -> bool:
        """Is it in the same store?"""
        here = (self.protocol, self.conn_id)
        return isinstance(other, ObjectStoragePath) and here == (other.protocol, other.conn_id)

    def relative_to(self, other: Any) -> PurePosixPath:
        """The way from there. Raises ``ValueError``."""
        return PurePosixPath(self._path).relative_to(getattr(other, "_path", str(other)))

    def size(self) -> int:
        """How many bytes."""
        return self._file.stat().st_size

    def checksum(self) -> int:
        """A number that is another one when the file has changed."""
        told = self._file.stat()
        digest = hashlib.md5(f"{self._path} {told.st_size} {told.st_mtime_ns}".encode(), usedforsecurity=False)
        return int(digest.hexdigest(), 16)

    def copy(self, dst: Any, recursive: bool = False, **kwargs: Any) -> None:
        """To another place."""
        there = dst if isinstance(dst, ObjectStoragePath) else ObjectStoragePath(dst)
        if recursive and self._file.is_dir():
            shutil.copytree(self._file, there._file, dirs_exist_ok=True)
        else:
            shutil.copyfile(self._file, there._file)

    def move(self, path: Any, recursive: bool = False, **kwargs: Any) -> None:
        """To another place, and no more here."""
        there = path if isinstance(path, ObjectStoragePath) else ObjectStoragePath(path)
        shutil.move(self._file, there._file)

    def copy_into(self, target_dir: Any, recursive: bool = False, **kwargs: Any) -> None:
        """Into a folder. Raises ``NotADirectoryError``."""
        self.copy(self._inside(target_dir), recursive)

    def move_into(self, target_dir: Any, recursive: bool = False, **kwargs: Any) -> None:
        """Into a folder. Raises ``NotADirectoryError``."""
        self.move(self._inside(target_dir), recursive)

    def _inside(self, given: Any) -> ObjectStoragePath:
        folder = given if isinstance(given, ObjectStoragePath) else ObjectStoragePath(given)
        if not folder.is_dir():
            raise NotADirectoryError(f"Destination {folder} is not a directory.")
        return folder / self.name

    def __getattr__(self, name: str) -> Any:
        if name not in FILES:
            raise AttributeError(name)
        return getattr(self._file, name)

    def __fspath__(self) -> str:
        return str(self._file)

    def __str__(self) -> str:
        if self._local and not self.protocol:
            return self._path
        conn = f"{self.conn_id}@" if self.conn_id else ""
        return f"{self.protocol}://{conn}{self.bucket}{self._path}"

    def __repr__(self) -> str:
        return f"ObjectStoragePath('{self}')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectStoragePath) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def serialize(self) -> dict[str, Any]:
        """As it is stored."""
        return {"path": str(self), "conn_id": self.conn_id, "kwargs": self.storage_options}

    @classmethod
    def deserialize(cls, data: dict[str, Any], version: int) -> ObjectStoragePath:
        """From what was stored."""
        return cls(data["path"], conn_id=data["conn_id"], **data["kwargs"])


FILES = (
    "exists",
    "is_file",
    "is_dir",
    "read_text",
    "write_text",
    "read_bytes",
    "write_bytes",
    "stat",
    "touch",
)

__all__ = ["ObjectStoragePath"]
