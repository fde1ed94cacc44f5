//! `regbridge rules`: the rule sets that deadlines come from.

use std::sync::Arc;

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::Context;
use crate::domain::deadline::{Laws, Rule, RuleSet};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the rule sets: id, from when until when, whether they are confirmed, what law they are.
    List,
    /// Show a rule set: its source, each deadline with its article, length, pauses and warning, and what is still to be
    /// confirmed.
    Show {
        /// The set's id.
        id: String,
    },
    /// Read all rule sets and calendars, the shipped ones and those of the data directory; exit status 1 says what is wrong,
    /// with file and line.
    Check,
}

pub(super) fn run(command: &Command, context: &Context) -> anyhow::Result<bool> {
    let laws = crate::config::laws::load(&context.folder)?;
    match command {
        Command::List => {
            for set in laws.sets() {
                let until = set.until.map_or("…".to_owned(), |until| until.to_string());
                println!(
                    "{}\t{} 至 {until}\t{}\t{}\t{}",
                    set.id,
                    set.from,
                    confirmed(set),
                    set.title,
                    set.file
                );
            }
        }
        Command::Show { id } => {
            let all: Vec<&str> = laws.sets().map(|set| set.id.as_str()).collect();
            let set = laws.set(id).with_context(|| format!("no rule set {id}: one of {}", all.join(", ")))?;
            show(set);
        }
        Command::Check => check(&laws),
    }
    Ok(true)
}

fn show(set: &Arc<RuleSet>) {
    println!("{}\t{} · {}", set.id, set.title, set.title_en);
    println!("依据 source\t{}", set.source);
    println!("文件 file\t{}\t{}", set.file, set.digest);
    let until = set.until.map_or("另行通知 further notice".to_owned(), |until| until.to_string());
    println!("收到日期 received\t{} 至 {until}", set.from);
    println!("适用 for\t{}", set.topics.join("、"));
    for (what, names) in [("机关 agencies", &set.agencies), ("格式 profiles", &set.profiles)] {
        if !names.is_empty() {
            println!("{what}\t{}", names.join("、"));
        }
    }
    println!("日历 calendar\t{}", set.calendar);
    println!("核对 confirmed\t{}\t{}", confirmed(set), set.note);
    set.rules.iter().for_each(show_rule);
}

fn show_rule(rule: &Rule) {
    let (zh, en) = rule.length.words();
    println!();
    println!("{}\t{} · {}", rule.name, rule.title, rule.title_en);
    println!("  条款 article\t{}", rule.article);
    println!("  期限 length\t{zh} · {en}");
    println!("  责任方 who\t{} · {}", rule.who.zh(), rule.who.as_str());
    println!("  起算 begins with\t{}", rule.start.join("、"));
    if !rule.again.is_empty() {
        println!("  重新起算 begins anew with\t{}", rule.again.join("、"));
    }
    println!("  终止 ends with\t{}", rule.ends.join("、"));
    for pause in &rule.pauses {
        println!(
            "  不计入 does not count\t{}：{} 至 {}",
            pause.title,
            pause.begin.join("、"),
            pause.end.join("、")
        );
    }
    if let Some(more) = &rule.extension {
        println!("  延长 made longer by\t{}：{}，至多 {} 次", more.by.join("、"), more.length, more.most);
    }
    if rule.gives_way {
        println!("  来文另定期限的，从其期限 · a day that the agency states stands in its place");
    }
    if !rule.confirmed {
        println!("  未核对 NOT CONFIRMED\t{}", rule.note);
    } else if !rule.note.is_empty() {
        println!("  说明 note\t{}", rule.note);
    }
}

fn check(laws: &Laws) {
    for calendar in laws.calendars().all() {
        let years: Vec<String> = calendar.years().map(|year| year.year.to_string()).collect();
        println!("日历 calendar {}\t{}", calendar.id, years.join(" "));
    }
    for set in laws.sets() {
        println!("规则 rule set {}\t{} 项期限 deadlines\t{}", set.id, set.rules.len(), confirmed(set));
    }
}

/// Whether the set and each of its deadlines were held against the official text.
fn confirmed(set: &Arc<RuleSet>) -> &'static str {
    if set.confirmed && set.rules.iter().all(|rule| rule.confirmed) {
        "已核对 confirmed"
    } else {
        "未核对 NOT CONFIRMED"
    }
}
