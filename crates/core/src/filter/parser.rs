//! From words to terms, by descent. `and` and `or` bind alike and from the left, `not` binds
//! tightest; a bare value takes the qualifiers of the value before it.

use super::error::{SyntaxError, visible};
use super::qualifiers::{Kind, Protocol, Qualifiers};
use super::value::{self, decimal, is_address};
use super::words::{self, OPERATORS, PROTOCOLS, QUALIFIERS, Word};
use super::{MOST_TERMS, Side, Term};
use crate::nearest::nearest;

/// Parentheses that may be open at once: more could not make a difference.
const MOST_OPEN: usize = MOST_TERMS;

const ENDS_EARLY: &str =
    "the filter ends where something should follow: go on, or take the last word away";

/// The terms of a whole text.
pub(super) fn terms(text: &str) -> Result<Vec<Term>, SyntaxError> {
    let mut parser = Parser {
        text,
        words: words::split(text),
        at: 0,
        open: 0,
        recent: None,
        terms: Vec::new(),
    };
    if parser.words.is_empty() {
        let message = "the filter is empty: leave it out, or write one, as \"tcp port 443\"";
        return Err(parser.wrong_here(message));
    }
    parser.expression(Operand::Any)?;
    if parser.peek() == Some(")") {
        let message = "no parenthesis is open here: take \")\" away, or write \"(\" before it";
        return Err(parser.wrong_here(message));
    }
    if parser.peek().is_some() {
        return Err(parser.missing_operator());
    }
    let count = parser.terms.len();
    if count > MOST_TERMS {
        let message = format!(
            "the filter has {count} terms, at most {MOST_TERMS} fit (operators count): \
             shorten it, by networks and ranges of ports"
        );
        return Err(SyntaxError::new(text, 0..text.len(), message));
    }
    Ok(parser.terms)
}

/// What may stand where an operand is wanted.
#[derive(Clone, Copy, PartialEq)]
enum Operand {
    Any,
    /// Behind a qualifier: nothing but values.
    Value,
}

struct Parser<'a> {
    text: &'a str,
    words: Vec<Word<'a>>,
    at: usize,
    /// Parentheses that are open.
    open: usize,
    /// What a bare value is taken for.
    recent: Option<Qualifiers>,
    terms: Vec<Term>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|word| word.text)
    }

    fn expression(&mut self, wanted: Operand) -> Result<(), SyntaxError> {
        self.operand(wanted)?;
        loop {
            let operator = match self.peek() {
                Some("and" | "&&") => Term::And,
                Some("or" | "||") => Term::Or,
                _ => return Ok(()),
            };
            self.at += 1;
            self.operand(wanted)?;
            self.terms.push(operator);
        }
    }

    fn operand(&mut self, wanted: Operand) -> Result<(), SyntaxError> {
        let mut negated = false;
        while let Some("not" | "!") = self.peek() {
            self.at += 1;
            negated = !negated;
        }
        match self.peek() {
            Some("(") => self.parenthesis(wanted)?,
            Some(word) if wanted == Operand::Any && !is_value(word) => self.primitive(word)?,
            _ => self.value()?,
        }
        // What an operand ends with is its outermost operator: two negations are none.
        if negated && self.terms.last() == Some(&Term::Not) {
            self.terms.pop();
        } else if negated {
            self.terms.push(Term::Not);
        }
        Ok(())
    }

    fn parenthesis(&mut self, wanted: Operand) -> Result<(), SyntaxError> {
        let opened = self.at;
        if self.open == MOST_OPEN {
            let message = format!("more than {MOST_OPEN} parentheses are open: take some away");
            return Err(self.wrong_here(message));
        }
        self.at += 1;
        self.open += 1;
        let outside = self.recent;
        self.expression(wanted)?;
        match self.peek() {
            Some(")") => self.at += 1,
            Some(_) => return Err(self.missing_operator()),
            None => {
                self.at = opened;
                return Err(self.wrong_here("this parenthesis is never closed: write \")\""));
            }
        }
        self.open -= 1;
        self.recent = outside;
        Ok(())
    }

    /// A word of the language, with what belongs to it.
    fn primitive(&mut self, word: &'a str) -> Result<(), SyntaxError> {
        if word == "vlan" {
            return self.vlan();
        }
        let protocol = Protocol::named(word);
        if let Some(protocol) = protocol {
            self.at += 1;
            if !self.peek().is_some_and(|next| QUALIFIERS.contains(&next)) {
                self.recent = None;
                self.terms.push(protocol.term());
                return Ok(());
            }
        } else if !QUALIFIERS.contains(&word) {
            return Err(self.no_operand(word));
        }
        self.qualified(protocol)
    }

    fn vlan(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        self.recent = None;
        let mut id = None;
        if let Some(word) = self.peek()
            && word.bytes().all(|digit| digit.is_ascii_digit())
        {
            id = decimal(word).filter(|id| *id < 4096).map(|id| id as u16);
            if id.is_none() {
                let message = format!("\"{word}\" is no VLAN id: give one from 0 to 4095");
                return Err(self.wrong_here(message));
            }
            self.at += 1;
        }
        self.terms.push(Term::Vlan(id));
        Ok(())
    }

    /// Side, kind and value, behind a protocol or without one.
    fn qualified(&mut self, protocol: Option<Protocol>) -> Result<(), SyntaxError> {
        let side = self.side();
        let kind = self.peek().and_then(Kind::named);
        if side.is_some() && kind == Some(Kind::Proto) {
            let message = "\"proto\" has no side: take \"src\" or \"dst\" away";
            return Err(self.wrong_here(message));
        }
        let asked = Qualifiers {
            protocol,
            side: side.unwrap_or_default(),
            kind: kind.unwrap_or_default(),
        };
        if !asked.fit() {
            let message = match asked.kind {
                Kind::Port | Kind::PortRange => {
                    "only \"tcp\", \"udp\" and \"sctp\" may stand before ports: write \"and\" between"
                }
                _ => {
                    "only \"ip\" and \"ip6\" may stand before addresses and protocols: \
                     write \"and\" between"
                }
            };
            return Err(self.wrong_here(message));
        }
        if kind.is_some() {
            self.at += 1;
        }
        self.recent = Some(asked);
        self.operand(Operand::Value)
    }

    fn side(&mut self) -> Option<Side> {
        let word = |ahead: usize| self.words.get(self.at + ahead).map(|word| word.text);
        let (first, other) = match word(0)? {
            "src" => (Side::Source, "dst"),
            "dst" => (Side::Destination, "src"),
            _ => return None,
        };
        let two = match word(1) {
            _ if word(2) != Some(other) => None,
            Some("or" | "||") => Some(Side::Either),
            Some("and" | "&&") => Some(Side::Both),
            _ => None,
        };
        self.at += if two.is_some() { 3 } else { 1 };
        Some(two.unwrap_or(first))
    }

    /// An address or a number, taken for what the last qualifiers said.
    fn value(&mut self) -> Result<(), SyntaxError> {
        let Some(word) = self.peek() else {
            return Err(self.wrong_here(ENDS_EARLY));
        };
        if is_known(word) {
            return Err(self.no_operand(word));
        }
        let asked = self.recent.unwrap_or_default();
        let mask = self.mask(&asked)?;
        let term = value::term(&asked, word, mask).map_err(|message| {
            let message = words::elsewhere(word).unwrap_or(message);
            let may_be_kind = asked.kind == Kind::Address && !is_value(word);
            let nearest = may_be_kind.then(|| nearest(word, &QUALIFIERS));
            self.wrong_here(message).or_rather(nearest.flatten())
        })?;
        self.at += if mask.is_some() { 3 } else { 1 };
        self.recent = Some(asked);
        self.terms.push(term);
        Ok(())
    }

    /// The mask of the network that is the next word.
    fn mask(&self, asked: &Qualifiers) -> Result<Option<&'a str>, SyntaxError> {
        let word = |ahead: usize| self.words.get(self.at + ahead).map(|word| word.text);
        if !asked.kind.is_address() || word(1) != Some("mask") {
            return Ok(None);
        }
        match word(2) {
            Some(mask) => Ok(Some(mask)),
            None => Err(SyntaxError::at_the_end(self.text, ENDS_EARLY)),
        }
    }

    fn no_operand(&self, word: &str) -> SyntaxError {
        if let Some(message) = words::elsewhere(word)
            && !is_known(word)
        {
            return self.wrong_here(message);
        }
        let shown = visible(word);
        let before = self.at.checked_sub(1).map(|at| self.words[at].text);
        match before {
            Some(before) if is_known(word) => self.wrong_here(format!(
                "\"{before}\" wants something behind it, and \"{shown}\" is not it: write what \
                 is missing between them",
                before = visible(before)
            )),
            None if is_known(word) => self.wrong_here(format!(
                "a filter cannot begin with \"{shown}\": take it away"
            )),
            _ => {
                let message = format!(
                    "\"{shown}\" is neither a word of filters nor an address, and names are never \
                     looked up: write for example \"host 192.0.2.1\""
                );
                let nearest = nearest(word, &words::beginnings());
                self.wrong_here(message).or_rather(nearest)
            }
        }
    }

    fn missing_operator(&self) -> SyntaxError {
        let (word, before) = (self.words[self.at].text, self.words[self.at - 1].text);
        if let Some(message) = words::elsewhere(word) {
            return self.wrong_here(message);
        }
        let shown = visible(word);
        let behind_protocol = PROTOCOLS.contains(&before);
        if behind_protocol && decimal(word).is_some() {
            return self.wrong_here(format!(
                "nothing says what \"{shown}\" is: write \"port\" before it"
            ));
        }
        let message = format!("an operator is missing: write \"and\" or \"or\" before \"{shown}\"");
        let nearest = match behind_protocol {
            _ if is_known(word) || is_value(word) => None,
            true => nearest(word, &[&OPERATORS[..], &QUALIFIERS].concat()),
            false => nearest(word, &OPERATORS),
        };
        self.wrong_here(message).or_rather(nearest)
    }

    /// An error about the next word, or about the end where there is none.
    fn wrong_here(&self, message: impl Into<String>) -> SyntaxError {
        match self.words.get(self.at) {
            Some(word) => SyntaxError::new(self.text, word.span.clone(), message),
            None => SyntaxError::at_the_end(self.text, message),
        }
    }
}

/// Whether a word has a meaning of its own.
fn is_known(word: &str) -> bool {
    matches!(word, ")" | "and" | "or" | "&&" | "||") || words::beginnings().contains(&word)
}

/// Whether a word can be a value and no word of the language.
fn is_value(word: &str) -> bool {
    decimal(word).is_some() || is_address(word)
}
