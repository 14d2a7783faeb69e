//! The filters at an interface's clsact hooks, in the order in which they run, and the qdisc that
//! they hang at. A reading of one moment. Filters of other qdiscs and of shared blocks are not
//! looked for.

use netlink_packet_core::NLM_F_DUMP;
use netlink_packet_route::{
    RouteNetlinkMessage,
    tc::{TcHandle, TcHeader, TcMessage},
};

use crate::{
    list::text,
    request::{Answer, Error, attributes, request, u32_of},
};

const RTM_NEWQDISC: u16 = 36;
const RTM_NEWTFILTER: u16 = 44;
const TCMSG: usize = 20;
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_CHAIN: u16 = 11;
const TCA_BPF_NAME: u16 = 7;
const TCA_BPF_TAG: u16 = 10;
const TCA_BPF_ID: u16 = 11;

/// One filter of a clsact or ingress qdisc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Which classifier it is: `bpf`, `u32`, `flower` …
    pub kind: String,
    /// Frames that it looks at, `ETH_P_*`, host byte order; 3 is all.
    pub protocol: u16,
    /// Its preference (priority): lower ones run first.
    pub preference: u16,
    /// Its number within the preference, never 0.
    pub handle: u32,
    /// The chain; packets begin in chain 0.
    pub chain: u32,
    /// Its program, where the kind is `bpf`.
    pub program: Option<Program>,
}

/// The program of a filter of kind `bpf`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// What whoever attached it called it; libbpf gives `NAME:[ID]`.
    pub label: String,
    /// A digest of its instructions; zero where the kernel does not tell.
    pub tag: [u8; 8],
    /// Its number in the kernel; zero for classic BPF.
    pub id: u32,
}

/// The filters that packets coming in (`inwards`) or going out pass, in the order in which they
/// run. Empty where the interface has no such qdisc, or is gone.
///
/// # Errors
/// When rtnetlink cannot be asked.
pub fn filters(number: u32, inwards: bool) -> Result<Vec<Filter>, Error> {
    let what = format!("listing the filters of interface number {number}");
    let minor = if inwards {
        TcHandle::MIN_INGRESS
    } else {
        TcHandle::MIN_EGRESS
    };
    // Numbers that no interface has would mean shared blocks.
    let Ok(index) = i32::try_from(number) else {
        return Ok(Vec::new());
    };
    let header = TcHeader {
        index,
        parent: TcHandle {
            major: TcHandle::CLSACT.major,
            minor,
        },
        ..TcHeader::default()
    };
    let message = TcMessage::from_parts(header, Vec::new());
    let message = RouteNetlinkMessage::GetTrafficFilter(message);
    let answers = request(&what, message, NLM_F_DUMP)?;
    let answers = answers.iter().filter(|it| it.kind == RTM_NEWTFILTER);
    let filters: Result<Vec<Filter>, Error> = answers.map(|it| filter(&what, it)).collect();
    let mut filters = filters?;
    // Each preference is announced by a message of its own before those of its filters.
    filters.retain(|filter| filter.handle != 0);
    // An ingress qdisc has one list, and shows it as that of the other direction too.
    if !inwards && !filters.is_empty() && filter_qdisc(number)?.as_deref() == Some("ingress") {
        filters.clear();
    }
    Ok(filters)
}

/// The kind of the qdisc that an interface's filters hang at, `clsact` or `ingress`; `None` where
/// there is none.
///
/// # Errors
/// When rtnetlink cannot be asked.
pub fn filter_qdisc(index: u32) -> Result<Option<String>, Error> {
    let what = format!("looking for the clsact qdisc of interface number {index}");
    let message = RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default());
    // The kernel dumps those of all interfaces.
    for answer in request(&what, message, NLM_F_DUMP)? {
        if answer.kind != RTM_NEWQDISC {
            continue;
        }
        let header = tcmsg(&what, &answer)?;
        if header.index == index && header.parent == CLSACT {
            return Ok(kind(&answer));
        }
    }
    Ok(None)
}

const CLSACT: u32 = 0xffff_fff1;

/// What is read of `struct tcmsg`.
struct Header {
    index: u32,
    handle: u32,
    parent: u32,
    info: u32,
}

fn tcmsg(what: &str, answer: &Answer) -> Result<Header, Error> {
    let at = |offset: usize| {
        let number = answer.body.get(offset..).and_then(u32_of);
        number.ok_or_else(|| Error::malformed(what, "traffic control header"))
    };
    Ok(Header {
        index: at(4)?,
        handle: at(8)?,
        parent: at(12)?,
        info: at(16)?,
    })
}

fn kind(answer: &Answer) -> Option<String> {
    let mut all = answer.attributes(TCMSG);
    let found = all.find(|(kind, _)| *kind == TCA_KIND);
    found.map(|(_, payload)| text(payload))
}

fn filter(what: &str, answer: &Answer) -> Result<Filter, Error> {
    let header = tcmsg(what, answer)?;
    let kind = kind(answer).unwrap_or_default();
    let mut found = Filter {
        // The kernel keeps it in network byte order.
        protocol: u16::from_be(header.info as u16),
        preference: (header.info >> 16) as u16,
        handle: header.handle,
        chain: 0,
        program: None,
        kind,
    };
    for (kind, payload) in answer.attributes(TCMSG) {
        match kind {
            TCA_CHAIN => found.chain = u32_of(payload).unwrap_or_default(),
            TCA_OPTIONS if found.kind == "bpf" => found.program = Some(program(payload)),
            _ => {}
        }
    }
    Ok(found)
}

fn program(options: &[u8]) -> Program {
    let mut program = Program::default();
    for (kind, payload) in attributes(options) {
        match kind {
            TCA_BPF_NAME => program.label = text(payload),
            TCA_BPF_TAG => program.tag = payload.first_chunk().copied().unwrap_or_default(),
            TCA_BPF_ID => program.id = u32_of(payload).unwrap_or_default(),
            _ => {}
        }
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = ((payload.len() + 4) as u16).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(payload);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn answer(info: u32, attributes: &[Vec<u8>]) -> Answer {
        let mut body = vec![0; 4];
        for number in [3, 7, 0xffff_fff2, info] {
            body.extend(u32::to_ne_bytes(number));
        }
        body.extend(attributes.concat());
        Answer {
            kind: RTM_NEWTFILTER,
            body,
        }
    }

    #[test]
    fn a_program_is_read_with_its_name_tag_and_id() {
        let options = [
            attribute(TCA_BPF_ID, &12_u32.to_ne_bytes()),
            attribute(TCA_BPF_TAG, &[1, 2, 3, 4, 5, 6, 7, 8]),
            attribute(99, &[0; 3]),
            attribute(TCA_BPF_NAME, b"one:[12]\0"),
        ];
        let all = u32::from(3_u16.to_be());
        let answer = answer(
            1 << 16 | all,
            &[
                attribute(TCA_KIND, b"bpf\0"),
                attribute(TCA_CHAIN, &5_u32.to_ne_bytes()),
                attribute(TCA_OPTIONS, &options.concat()),
            ],
        );
        let want = Filter {
            kind: "bpf".to_owned(),
            protocol: 3,
            preference: 1,
            handle: 7,
            chain: 5,
            program: Some(Program {
                label: "one:[12]".to_owned(),
                tag: [1, 2, 3, 4, 5, 6, 7, 8],
                id: 12,
            }),
        };
        assert_eq!(filter("test", &answer).expect("readable"), want);
    }

    #[test]
    fn options_of_other_kinds_are_not_taken_for_a_program() {
        let options = attribute(TCA_BPF_ID, &12_u32.to_ne_bytes());
        let u32_filter = [
            attribute(TCA_KIND, b"u32\0"),
            attribute(TCA_OPTIONS, &options),
        ];
        let found = filter("test", &answer(0xfffe_0008, &u32_filter)).expect("readable");
        assert_eq!((found.program, found.preference), (None, 0xfffe));
        assert_eq!(found.protocol, 0x0800);
        let short = Answer {
            kind: RTM_NEWTFILTER,
            body: vec![0; 19],
        };
        assert!(filter("test", &short).is_err());
    }

    #[test]
    fn interfaces_without_filters_have_none() {
        for index in [0x7fff_ffff, u32::MAX] {
            assert_eq!(filters(index, true).expect("asking"), []);
        }
        filters(1, false).expect("whatever is there");
        assert_eq!(filter_qdisc(0x7fff_ffff).expect("asking"), None);
    }
}
