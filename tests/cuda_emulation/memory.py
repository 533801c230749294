"""The memory of a device, of which every access is checked."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from tests.cuda_emulation.instructions import Array


class Fault(Exception):
    """What a kernel must not do."""


class Tracked:
    """Bytes, with the thread that wrote each one (-1: none) and the one that read it (-2: several).
    A byte may be written once, and by no other thread than the one that reads it."""

    def __init__(self, data: Array, name: str):
        self.data = data
        self.name = name
        self.writer = np.full(data.size, -1, np.int32)
        self.reader = np.full(data.size, -1, np.int32)

    def load(self, places: Array, threads: Array) -> Array:
        """The bytes. places has a row for each thread, and so has the result."""
        who = threads[:, None]
        writer = self.writer[places]
        if ((writer != -1) & (writer != who)).any():
            raise Fault(f"load from {self.name} of what another thread stored")
        reader = self.reader[places]
        self.reader[places] = np.where((reader == -1) | (reader == who), who, -2)
        several = self.reader[places] != who  # of one instruction
        self.reader[places[several]] = -2
        loaded: Array = self.data[places]
        return loaded

    def store(self, places: Array, values: Array, threads: Array) -> None:
        who = threads[:, None]
        if np.unique(places[:, 0]).size != len(places) or (self.writer[places] != -1).any():
            raise Fault(f"two stores to one place of {self.name}")
        reader = self.reader[places]
        if ((reader != -1) & (reader != who)).any():
            raise Fault(f"store to {self.name} where another thread loads")
        self.writer[places] = who
        self.data[places] = values


@dataclass
class Allocation:
    """Memory at an address. The bytes from begin to end are a tensor's. Guards surround them."""

    address: int
    bytes: Tracked
    begin: int
    end: int
    writable: bool = True


class Memory:
    """The allocations during one launch."""

    def __init__(self, allocations: list[Allocation]):
        self._allocations = sorted(allocations, key=lambda allocation: allocation.address)
        self._addresses = [allocation.address for allocation in self._allocations]
        self.loads = 0  # from tensors, by all threads

    def _find(self, addresses: Array, size: int, what: str) -> tuple[Allocation, Array]:
        if (addresses % np.uint64(size)).any():
            raise Fault(f"{what} of {size} bytes at an address that is not a multiple of it")
        low, high = int(addresses.min()), int(addresses.max())
        number = bisect_right(self._addresses, low) - 1
        found = self._allocations[number] if number >= 0 else None
        if found is None or high + size > found.address + found.bytes.data.size:
            raise Fault(f"{what} of {size} bytes outside of any allocation")
        first = (addresses - np.uint64(found.address)).astype(np.int64)
        if (first < found.begin).any() or (first + size > found.end).any():
            raise Fault(f"{what} of {size} bytes beside {found.bytes.name}")
        return found, first[:, None] + np.arange(size)

    def load(self, addresses: Array, size: int, threads: Array) -> Array:
        allocation, places = self._find(addresses, size, "load")
        if allocation.writable:
            self.loads += len(addresses)
        return allocation.bytes.load(places, threads)

    def store(self, addresses: Array, values: Array, threads: Array) -> None:
        allocation, places = self._find(addresses, values.shape[1], "store")
        if not allocation.writable:
            raise Fault(f"store to {allocation.bytes.name}")
        allocation.bytes.store(places, values, threads)


class SharedMemory:
    """The shared memory of some blocks, one after the other."""

    def __init__(self, blocks: int, size: int):
        self._size = size
        self._bytes = Tracked(np.zeros(blocks * size, np.uint8), "shared memory")
        self._written = np.zeros(blocks * size, bool)  # before the last barrier

    def _places(self, addresses: Array, size: int, blocks: Array) -> Array:
        if (addresses % np.uint32(size)).any() or (addresses + np.uint32(size) > self._size).any():
            raise Fault(f"access to {size} bytes of shared memory outside of it, or not aligned")
        return (blocks * self._size + addresses)[:, None] + np.arange(size)

    def load(self, addresses: Array, size: int, threads: Array, blocks: Array) -> Array:
        places = self._places(addresses, size, blocks)
        if not (self._written[places] | (self._bytes.writer[places] != -1)).all():
            raise Fault("load of shared memory that was never written")
        return self._bytes.load(places, threads)

    def store(self, addresses: Array, values: Array, threads: Array, blocks: Array) -> None:
        self._bytes.store(self._places(addresses, values.shape[1], blocks), values, threads)

    def synchronize(self) -> None:
        """All threads have reached a barrier."""
        self._written |= self._bytes.writer != -1
        self._bytes.writer[:] = -1
        self._bytes.reader[:] = -1
