//! Some keys of a kind, and how much of the addresses among them: `src/24,dport`.

use std::marker::PhantomData;

use super::Prefix;
use crate::nearest;
use crate::net::Side;

/// A kind of keys: what something may be grouped by.
pub trait Named: Copy + PartialEq + 'static {
    /// All of them, in the order of every output; 16 at most.
    const ALL: &'static [Self];

    /// As on the command line and in output.
    fn name(self) -> &'static str;

    /// Its place in [`Named::ALL`].
    fn place(self) -> usize;

    /// Whose address it is, of which a prefix may be asked for.
    fn side(self) -> Option<Side> {
        None
    }
}

/// Those that something is grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys<K> {
    /// A bit for each, by its place.
    asked: u16,
    /// Of the source address; `None` is all of it.
    src: Option<Prefix>,
    /// Of the destination address.
    dst: Option<Prefix>,
    kind: PhantomData<K>,
}

impl<K: Named> Keys<K> {
    /// These, of addresses all.
    pub fn of(keys: &[K]) -> Keys<K> {
        const { assert!(K::ALL.len() <= u16::BITS as usize) };
        Keys {
            asked: keys.iter().fold(0, |asked, key| asked | 1 << key.place()),
            src: None,
            dst: None,
            kind: PhantomData,
        }
    }

    /// Reads `src/24,dport`: keys with commas between them; an address may have a prefix length for IPv4,
    /// and a second one for IPv6, which is 64 otherwise.
    ///
    /// # Errors
    /// The sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Keys<K>, String> {
        let names: Vec<&str> = K::ALL.iter().map(|key| key.name()).collect();
        let have_prefixes = K::ALL.iter().any(|key| key.side().is_some());
        let mut keys = Keys::of(&[]);
        for word in text.split(',').map(str::trim) {
            let (own, lengths) = match word.split_once('/') {
                Some((own, lengths)) if have_prefixes => (own, Some(lengths)),
                _ => (word, None),
            };
            let key = K::ALL[nearest::place("key", own, &names)?];
            if keys.has(key) {
                return Err(format!("{own} is given twice"));
            }
            let prefix = lengths.map(Prefix::parse).transpose()?;
            if prefix.is_some() && key.side().is_none() {
                return Err(format!("{word}: only src and dst have prefixes"));
            }
            keys = keys.with(key, prefix);
        }
        Ok(keys)
    }

    /// The same with a key; of an address so much, or all of it.
    pub fn with(mut self, key: K, prefix: Option<Prefix>) -> Keys<K> {
        self.asked |= 1 << key.place();
        match key.side() {
            Some(Side::Src) => self.src = prefix,
            Some(Side::Dst) => self.dst = prefix,
            None => {}
        }
        self
    }

    /// The same without a key that is no address.
    pub(crate) fn without(mut self, key: K) -> Keys<K> {
        self.asked &= !(1 << key.place());
        self
    }

    /// Whether things are told apart by it.
    pub fn has(&self, key: K) -> bool {
        self.asked & 1 << key.place() != 0
    }

    /// The keys, in the order of every output.
    pub fn keys(&self) -> impl Iterator<Item = K> + use<K> {
        let keys = self.asked;
        let asked = move |key: &K| keys & 1 << key.place() != 0;
        K::ALL.iter().copied().filter(asked)
    }

    /// Whether there is an address among the keys: then IPv4 and IPv6 are told apart.
    pub fn has_address(&self) -> bool {
        self.sides().next().is_some()
    }

    /// The sides whose addresses are among the keys.
    pub fn sides(&self) -> impl Iterator<Item = Side> + use<K> {
        self.keys().filter_map(Named::side)
    }

    /// How much of that side's addresses is kept: nothing where they are not asked for.
    pub fn kept(&self, side: Side) -> Prefix {
        match self.sides().any(|asked| asked == side) {
            true => self.prefix_of(side).unwrap_or(Prefix::WHOLE),
            false => Prefix::default(),
        }
    }

    /// How much of an address is kept, where less than all of it was asked for.
    pub fn prefix(&self, key: K) -> Option<Prefix> {
        self.prefix_of(key.side()?)
    }

    fn prefix_of(&self, side: Side) -> Option<Prefix> {
        match side {
            Side::Src => self.src,
            Side::Dst => self.dst,
        }
    }

    /// The keys as they are asked for, prefixes included: `src/24`, `dst/24/48`.
    pub fn words(&self) -> Vec<String> {
        let word = |key: K| match self.prefix(key) {
            Some(prefix) => format!("{}{prefix}", key.name()),
            None => key.name().to_owned(),
        };
        self.keys().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{by, calls, connects};

    fn are_in_their_places<K: Named>() -> bool {
        K::ALL.iter().map(|key| key.place()).eq(0..K::ALL.len())
    }

    #[test]
    fn keys_are_listed_in_the_order_in_which_they_are_numbered() {
        assert!(are_in_their_places::<by::Key>());
        assert!(are_in_their_places::<calls::by::Key>());
        assert!(are_in_their_places::<connects::by::Key>());
    }
}
