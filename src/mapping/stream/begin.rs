//! The beginning of a stream: what stands before the first record, and which message it tells.

use std::collections::VecDeque;
use std::io::Read;

use crate::domain::problem::Problem;
use crate::mapping::decode::{Refusal, Stage, readable};
use crate::mapping::manifest::{Format, Signed};
use crate::mapping::path::find::Finder;
use crate::mapping::profile::Profile;
use crate::mapping::read;
use crate::mapping::recognise::{Message, recognise};
use crate::mapping::steps::Run;
use crate::mapping::stream::plan::{self, Plan};
use crate::mapping::stream::window::{Around, open_nodes, read_text};
use crate::mapping::stream::{RecordStream, StreamLimits};
use crate::wire::cut::{Cutter, Step};
use crate::wire::encoding::Encoding;
use crate::wire::limits::exceeded;
use crate::wire::origin::Origins;
use crate::wire::source::{Piece, Source};

/// Records kept to judge the message around them, at most: a message that needs more of them is judged with fewer.
const FIRSTS: usize = 16;

pub(super) fn begin<'a, R: Read>(
    profile: &'a Profile,
    source: R,
    format: Format,
    charset: Option<Encoding>,
    limits: &'a StreamLimits,
    run: &'a Run<'a>,
) -> Result<RecordStream<'a, R>, Refusal> {
    let early = |stage| move |problem| Refusal::early(stage, vec![problem]);
    if format == Format::Form || format.is_table() {
        let problem = Problem::new(
            "not-streamable",
            "表单和表格不能逐条读取",
            "a form or a table cannot be read record by record",
        );
        return Err(Refusal::early(Stage::Recognise, vec![problem]));
    }
    let mut source = Source::open(source, format == Format::Xml, charset).map_err(early(Stage::Read))?;
    let plans: Vec<(&Message, Result<Plan, Problem>)> = profile
        .messages
        .iter()
        .filter(|message| message.entry.wire.contains(&format))
        .map(|message| match profile.manifest.signed {
            Signed::Refuse if format == Format::Xml => (message, Err(signed(message))),
            _ => (message, plan::plan(profile, message, format)),
        })
        .collect();
    let planned: Vec<(&Message, &Plan)> =
        plans.iter().filter_map(|(message, plan)| Some((*message, plan.as_ref().ok()?))).collect();
    let routes = planned.iter().map(|(_, plan)| plan.route.clone()).collect();
    let mut cutter = Cutter::new(format == Format::Xml, routes, limits.record.depth);
    // What is there may be in the records.
    let present = profile.messages.iter().any(Message::asks_for_presence);
    loop {
        let step = cutter.next(source.text(), source.ended());
        if let Some(problem) = source.broken().filter(|_| !matches!(step, Step::Reached(_))) {
            return Err(Refusal::early(Stage::Read, vec![problem.clone()]));
        }
        match step {
            Step::More if source.text().len() > limits.envelope => {
                let most = limits.envelope;
                let (zh, en) = ("首条记录之前的字节数", "what stands before the first record, in bytes");
                return Err(Refusal::early(
                    Stage::Read,
                    vec![exceeded("envelope", zh, en, most).with_place(1, 1)],
                ));
            }
            Step::More => source.fill(),
            Step::Reached(at) => {
                let text = if present {
                    with_first(&mut source, &cutter, limits)
                } else {
                    // Nothing is chosen yet: what is open is closed, and a value stands in for JSON's records.
                    let stand_in = if format == Format::Json { "null" } else { "" };
                    format!("{}{stand_in}{}", &source.text()[..at], cutter.closers())
                };
                let message = recognised(profile, text, format, limits)?;
                let found =
                    cutter.reached().into_iter().find(|route| std::ptr::eq(planned[*route].0, message));
                let Some(route) = found else {
                    refuse_unplanned(&plans, message)?;
                    cutter.decline();
                    continue;
                };
                let length = cutter.choose(route, source.text());
                let head = source.take(length);
                cutter.moved(length);
                let plan = planned[route].1;
                return open(profile, message, plan, format, limits, run, source, cutter, head);
            }
            // No record at all: the end of the stream sees to the whole.
            Step::End => {
                let text = source.text().to_owned();
                let message = recognised(profile, text, format, limits)?;
                refuse_unplanned(&plans, message)?;
                let Some((_, plan)) = planned.iter().find(|(known, _)| std::ptr::eq(*known, message)) else {
                    return Err(Refusal::early(Stage::Recognise, Vec::new()));
                };
                let head = Piece { text: String::new(), place: (1, 1) };
                return open(profile, message, plan, format, limits, run, source, cutter, head);
            }
            _ => {
                let text = source.text().to_owned();
                let problems = match read_text(
                    format,
                    text,
                    Origins::default(),
                    &limits.record,
                    profile.map.names.vocabulary(),
                ) {
                    Err(problems) => problems,
                    Ok(_) => vec![super::window::unknown_damage(format).with_place(1, 1)],
                };
                return Err(Refusal::early(Stage::Read, problems));
            }
        }
    }
}

/// What stands before the records, with the first of them, as a document. Where there is none, or it does not end within
/// its limit, the document is without any: whatever is wrong is told when it is read.
fn with_first<R: Read>(source: &mut Source<R>, cutter: &Cutter, limits: &StreamLimits) -> String {
    let route = cutter.reached().first().copied().unwrap_or_default();
    let mut ahead = cutter.clone();
    let head = ahead.choose(route, source.text());
    let closers = ahead.closers();
    loop {
        match ahead.next(source.text(), source.ended()) {
            Step::More if source.text().len() - head <= limits.record.bytes => source.fill(),
            Step::Record { to, .. } => return format!("{}{closers}", &source.text()[..to]),
            _ => {
                let stand_in = if ahead.lone() { "null" } else { "" };
                return format!("{}{stand_in}{closers}", &source.text()[..head]);
            }
        }
    }
}

fn recognised<'a>(
    profile: &'a Profile,
    text: String,
    format: Format,
    limits: &StreamLimits,
) -> Result<&'a Message, Refusal> {
    let tree = read_text(format, text, Origins::default(), &limits.record, profile.map.names.vocabulary())
        .map_err(|problems| Refusal::early(Stage::Read, problems))?;
    let (message, _) = recognise(&profile.messages, &tree, &profile.map.names, format)
        .map_err(|problems| Refusal::early(Stage::Recognise, problems))?;
    Ok(message)
}

/// The message is known, and is one that cannot be streamed.
fn refuse_unplanned(plans: &[(&Message, Result<Plan, Problem>)], message: &Message) -> Result<(), Refusal> {
    let found = plans.iter().find(|(known, _)| std::ptr::eq(*known, message));
    match found {
        Some((_, Err(problem))) => Err(Refusal {
            message: Some(message.entry.name.clone()),
            ..Refusal::early(Stage::Recognise, vec![problem.clone()])
        }),
        _ => Ok(()),
    }
}

#[expect(clippy::too_many_arguments, reason = "one stream's beginnings, in its parts")]
fn open<'a, R: Read>(
    profile: &'a Profile,
    message: &'a Message,
    plan: &Plan,
    format: Format,
    limits: &'a StreamLimits,
    run: &'a Run<'a>,
    source: Source<R>,
    cutter: Cutter,
    head: Piece,
) -> Result<RecordStream<'a, R>, Refusal> {
    let records = !head.text.is_empty();
    let mut around = Around::new(profile, message, plan, format, limits, run, head.text, &cutter);
    let mut envelope = crate::mapping::path::record::Object::new();
    if records {
        let tree = around.empty().map_err(|problems| Refusal::early(Stage::Read, problems))?;
        let name = &message.entry.name;
        let Some(top) = message.top(&tree, &profile.map.names, format) else {
            return Err(Refusal::early(Stage::Recognise, vec![super::window::unknown_damage(format)]));
        };
        let open = open_nodes(&tree, cutter.depth());
        let inseparable = around.stand_around(&tree, &open).map(|problem| {
            let rule = problem.rule.unwrap_or_default();
            plan::never(
                name,
                &format!("其架构只对整个报文作出判断（{rule}）"),
                &format!("its schema judges it only as a whole ({rule})"),
            )
        });
        let out = read::read(&profile.map, &tree, message.block, top, *run);
        envelope = readable(out.message);
        let finder = Finder { tree: &tree, names: &profile.map.names, top };
        let lacking = plan.lacks(&finder, &open, &envelope).map(|place| {
            plan::never(
                name,
                &format!("记录的行要看“{place}”，而它不在记录之前"),
                &format!("rows of its records look at \"{place}\", which does not stand before them"),
            )
        });
        if let Some(problem) = lacking.or(inseparable) {
            return Err(Refusal {
                message: Some(name.clone()),
                envelope: Some(envelope),
                ..Refusal::early(Stage::Recognise, vec![problem])
            });
        }
    }
    let names = plan.route.records.len();
    let mut stream = RecordStream {
        around,
        source,
        cutter,
        limits,
        envelope,
        ready: VecDeque::new(),
        index: 0,
        good: 0,
        ordinals: vec![0; names],
        skip: None,
        firsts: Vec::new(),
        needed: plan.bounds.0.clamp(1, FIRSTS),
        bounds: plan.bounds,
        bad: None,
        between: Vec::new(),
        reading: records,
        refused: None,
        most: 0,
    };
    // What stands before the records is judged with the first of them, before any is given out.
    if records {
        stream.pump();
        if stream.ready.is_empty()
            && let Some(refused) = stream.refused.take()
        {
            return Err(*refused);
        }
    }
    Ok(stream)
}

fn signed(message: &Message) -> Problem {
    let (zh, en) = ("带签名的文件须整体查看", "whether it is signed is told by the whole");
    plan::never(&message.entry.name, zh, en)
}
