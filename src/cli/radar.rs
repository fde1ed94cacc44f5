//! `regbridge radar`: what is overdue and due soon, and whom it waits for.

use clap::Args as ClapArgs;

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::domain::calendar::CHINA;
use crate::domain::id::{AgencyId, BadId};
use crate::exchange::deadline::radar::{Counts, Radar, RadarItem, RadarLine};

/// What presses: overdue and due soon, with the case, whom it waits for, and who last did something about it; counts by
/// agency and by team.
#[derive(ClapArgs)]
pub(super) struct Args {
    /// Only of this agency.
    #[arg(long)]
    agency: Option<AgencyIdArg>,
    /// Only of this team: a `[[teams]]` of the settings.
    #[arg(long)]
    team: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone)]
struct AgencyIdArg(AgencyId);

impl std::str::FromStr for AgencyIdArg {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        AgencyId::parse(text).map(Self)
    }
}

pub(super) async fn run(args: Args, context: &Context) -> anyhow::Result<bool> {
    let (gateway, _) = World::load(context)?.open(Which::Spoken).await?;
    let radar = gateway.radar(args.agency.as_ref().map(|id| &id.0), args.team.as_deref()).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&radar)?);
    } else {
        print(&radar);
    }
    Ok(true)
}

fn print(radar: &Radar) {
    println!("期限 · deadlines，{}", radar.at.at_offset(CHINA));
    println!("\t已逾期 overdue\t即将到期 due soon\t计时中 running\t中止 paused\t缺日历 no calendar");
    line("合计 total", &radar.total);
    let named = |lines: &[RadarLine]| lines.iter().for_each(|one| line(&one.name, &one.counts));
    named(&radar.agencies);
    if !radar.teams.is_empty() {
        println!("\n小组 teams");
        named(&radar.teams);
    }
    for (title, items) in [("已逾期 overdue", &radar.overdue), ("即将到期 due soon", &radar.due_soon)]
    {
        if !items.is_empty() {
            println!("\n{title}");
            items.iter().for_each(item);
        }
    }
    if radar.more {
        println!("\n仅列最紧急的；余者见合计 · the most urgent only; the counts say how many there are");
    }
}

fn line(name: &str, Counts { overdue, due_soon, running, paused, uncounted }: &Counts) {
    println!("{name}\t{overdue}\t{due_soon}\t{running}\t{paused}\t{uncounted}");
}

fn item(item: &RadarItem) {
    let due = item.deadline.due_at.as_deref().unwrap_or("—");
    let action = match (&item.last_action_at, &item.last_action_by) {
        (Some(at), Some(by)) => format!("{} {by}", at.at_offset(CHINA)),
        _ => "尚无人处理 nobody yet".to_owned(),
    };
    println!(
        "{due}\t{}\t{}\t{}\t{}\t等待 waits for {}\t{action}\t{}",
        item.deadline.title, item.agency, item.registration_number, item.state, item.waits_for, item.case
    );
}
