//! Memory that C writes to: a BPF array map in this process's memory, or memory of its own.
#![allow(unsafe_code)] // see the crate's documentation

use std::marker::PhantomData;
use std::mem::size_of;
use std::sync::atomic::{AtomicU32, Ordering};

use memmap2::{MmapMut, MmapRaw};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Elements of type `T` that C writes to. Every access is checked against the length.
#[derive(Debug)]
pub struct Mapped<T> {
    memory: MmapRaw,
    length: usize,
    element: PhantomData<fn() -> T>,
}

impl<T: FromBytes + IntoBytes + Immutable + Copy> Mapped<T> {
    /// Memory of this process, all zero; pages that are never touched take no room.
    pub fn anonymous(length: usize) -> std::io::Result<Self> {
        let memory = MmapMut::map_anon(length * size_of::<T>())?;
        Ok(Mapped {
            memory: memory.into(),
            length,
            element: PhantomData,
        })
    }

    /// How many elements there are.
    #[cfg(feature = "kernel")]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Where the elements lie: there are as many as were asked for.
    pub fn as_mut_ptr(&self) -> *mut T {
        self.memory.as_mut_ptr().cast()
    }

    fn at(&self, index: usize) -> *mut T {
        assert!(index < self.length, "element {index} of {}", self.length);
        // SAFETY: inside the mapping, as just checked; the mapping is page-aligned.
        unsafe { self.memory.as_mut_ptr().cast::<T>().add(index) }
    }

    /// A copy of one element that nobody writes to at the time, as fast as memory is.
    pub fn settled(&self, index: usize) -> T {
        // SAFETY: `at` is inside the mapping and aligned; any bytes are a T, and they stay so.
        unsafe { self.at(index).read() }
    }

    /// Appends a copy of one element that nobody writes to at the time, from memory to memory.
    pub fn append_to(&self, index: usize, copies: &mut Vec<T>) {
        copies.reserve(1);
        let length = copies.len();
        // SAFETY: as in `settled`, and there is room for one element behind the last one.
        unsafe {
            self.at(index)
                .copy_to_nonoverlapping(copies.as_mut_ptr().add(length), 1);
            copies.set_len(length + 1);
        }
    }

    /// Asks the processor to fetch an element that will be read soon; of no other effect.
    pub fn prefetch(&self, index: usize) {
        #[cfg(target_arch = "x86_64")]
        if index < self.length {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: inside the mapping, as just checked; a prefetch reads nothing.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(self.at(index).cast()) }
        }
    }

    /// Loads 4 bytes of an element that programs may be writing, in one piece; what they wrote before
    /// is there then.
    pub fn load_part_u32(&self, index: usize, offset: usize) -> u32 {
        // SAFETY: inside the mapping and aligned, as `part` checks.
        let word = unsafe { AtomicU32::from_ptr(self.part::<u32>(index, offset)) };
        word.load(Ordering::Acquire)
    }

    /// Stores 4 bytes of an element that programs may be writing elsewhere, in one piece, when all that
    /// was read before has been.
    pub fn store_part_u32(&self, index: usize, offset: usize, value: u32) {
        // SAFETY: inside the mapping and aligned, as `part` checks.
        let word = unsafe { AtomicU32::from_ptr(self.part::<u32>(index, offset)) };
        word.store(value, Ordering::Release);
    }

    /// A copy of elements that no program writes to at the time.
    pub fn settled_range(&self, range: std::ops::Range<usize>) -> Vec<T> {
        assert!(range.start <= range.end && range.end <= self.length);
        let mut copies = Vec::with_capacity(range.len());
        // SAFETY: inside the mapping, as just checked; any bytes are a T, and there is room.
        unsafe {
            let first = self.memory.as_mut_ptr().cast::<T>().add(range.start);
            first.copy_to_nonoverlapping(copies.as_mut_ptr(), range.len());
            copies.set_len(range.len());
        }
        copies
    }

    /// Zeroes elements that no program writes to at the time.
    pub fn clear_range(&self, range: std::ops::Range<usize>) {
        assert!(range.start <= range.end && range.end <= self.length);
        // SAFETY: inside the mapping, as just checked; zeroes are a T.
        unsafe {
            let first = self.memory.as_mut_ptr().cast::<T>().add(range.start);
            first.write_bytes(0, range.len());
        }
    }

    /// Overwrites one element, which no program writes to at the time.
    pub fn write(&self, index: usize, value: T) {
        // SAFETY: `at` is inside the mapping and aligned; volatile, since C reads it.
        unsafe { self.at(index).write_volatile(value) }
    }

    /// Overwrites a part of one element, which no program writes to at the time.
    pub fn write_part<P: IntoBytes + Immutable>(&self, index: usize, offset: usize, part: P) {
        // SAFETY: `part` is inside the mapping and aligned; volatile, since C reads it.
        unsafe { self.part::<P>(index, offset).write_volatile(part) }
    }

    fn part<P>(&self, index: usize, offset: usize) -> *mut P {
        assert!(
            offset + size_of::<P>() <= size_of::<T>() && offset.is_multiple_of(align_of::<P>())
        );
        // SAFETY: inside the element and aligned, as just checked; elements are aligned to 8.
        unsafe { self.at(index).byte_add(offset).cast::<P>() }
    }
}

#[cfg(feature = "kernel")]
mod kernel {
    use std::os::fd::{AsFd, AsRawFd};
    use std::sync::atomic::AtomicU64;

    use memmap2::MmapOptions;

    use super::*;

    impl<T: FromBytes + IntoBytes + Immutable + Copy> Mapped<T> {
        /// Maps the first `length` elements of a `BPF_F_MMAPABLE` array.
        pub fn of_map(map: impl AsFd, length: usize) -> std::io::Result<Self> {
            let memory = MmapOptions::new()
                .len(length * size_of::<T>())
                .map_raw(map.as_fd().as_raw_fd())?;
            Ok(Mapped {
                memory,
                length,
                element: PhantomData,
            })
        }

        /// A copy of one element, parts of which programs may be writing at the time.
        pub fn read(&self, index: usize) -> T {
            // SAFETY: `at` is inside the mapping and aligned; any bytes are a T; volatile, since what
            // is read may change. Every field is loaded by itself, which takes its time.
            unsafe { self.at(index).read_volatile() }
        }

        /// Loads 8 bytes at `offset` of the first element, in one piece.
        pub fn load_u64(&self, offset: usize) -> u64 {
            assert!(offset + 8 <= size_of::<T>() && offset.is_multiple_of(8) && self.length > 0);
            // SAFETY: inside the mapping and aligned, as just checked; programs add to it atomically.
            let word = unsafe { AtomicU64::from_ptr(self.memory.as_mut_ptr().add(offset).cast()) };
            word.load(Ordering::Relaxed)
        }

        /// Stores 4 bytes at `offset` of the first element, in one piece.
        pub fn store_u32(&self, offset: usize, value: u32) {
            assert!(offset + 4 <= size_of::<T>() && offset.is_multiple_of(4) && self.length > 0);
            // SAFETY: inside the mapping and aligned, as just checked; the kernel reads it whole.
            let word = unsafe { AtomicU32::from_ptr(self.memory.as_mut_ptr().add(offset).cast()) };
            word.store(value, Ordering::SeqCst);
        }

        /// Stores 8 bytes at `offset` of the first element, in one piece.
        pub fn store_u64(&self, offset: usize, value: u64) {
            assert!(offset + 8 <= size_of::<T>() && offset.is_multiple_of(8) && self.length > 0);
            // SAFETY: inside the mapping and aligned, as just checked; the kernel reads it whole.
            let word = unsafe { AtomicU64::from_ptr(self.memory.as_mut_ptr().add(offset).cast()) };
            word.store(value, Ordering::Relaxed);
        }
    }
}
