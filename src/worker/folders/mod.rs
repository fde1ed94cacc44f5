//! Folders of agencies: files that are dropped there are taken in, answered, and put away; messages that lie there are
//! looked after until they were taken away.
//!
//! Promise: a file is read when it is whole as far as can be told (its name is none of an unfinished transfer, and it has
//! not changed for the agency's quiet time), taken in as its message, answered, and only then moved, each step durable
//! before the next: a crash between any two does the same again, and the same file is the same message. What goes on
//! growing after it was answered is taken up again. Nothing outside of the folder is read or written: links and what is no
//! file are put away unread. A file that we cannot take now (the store is busy, or away) stays and keeps its place: what
//! came after it waits. Folders do not wait for one another.
//!
//! | file | idea |
//! |---|---|
//! | `inbox` | what lies in `in/`, and what of it is whole |
//! | `settle` | one file: read, taken in, answered, moved |
//! | `beside` | the answer beside a file, and the names of both |

mod beside;
mod inbox;
mod settle;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::domain::agency::Agency;
use crate::domain::folder::DropPaths;
use crate::domain::id::AgencyId;
use crate::exchange::Gateway;
use crate::files::mark;
use crate::store::folder::Placed;
use crate::worker::trouble::Troubles;

use inbox::Inbox;
use settle::Settled;

/// How often folders are looked at: listing one takes well below a millisecond.
const TICK: Duration = Duration::from_secs(1);

/// Looks after the folders of all agencies until `stop` turns true (or its sender is gone). `data` is the data directory.
pub async fn run(gateway: Gateway, data: PathBuf, mut stop: watch::Receiver<bool>) {
    let troubles = Arc::new(Troubles::default());
    let mut inboxes: BTreeMap<AgencyId, Inbox> = BTreeMap::new();
    let mut busy = JoinSet::new();
    let mut under_way = BTreeSet::new();
    while !*stop.borrow_and_update() {
        for agency in gateway.registry().agencies().filter(|agency| agency.folder.is_some()) {
            if !under_way.insert(agency.id.clone()) {
                continue;
            }
            let inbox = inboxes.remove(&agency.id).unwrap_or_default();
            let (gateway, agency) = (gateway.clone(), Arc::clone(agency));
            let (data, troubles) = (data.clone(), Arc::clone(&troubles));
            busy.spawn(async move {
                let inbox = look_after(&gateway, &agency, &data, inbox, &troubles).await;
                (agency.id.clone(), inbox)
            });
        }
        let tick = tokio::time::sleep(TICK);
        tokio::pin!(tick);
        loop {
            tokio::select! {
                _ = stop.changed() => return,
                () = &mut tick => break,
                Some(ended) = busy.join_next() => match ended {
                    Ok((agency, inbox)) => {
                        under_way.remove(&agency);
                        inboxes.insert(agency, inbox);
                    }
                    // What it had seen is forgotten, and seen anew.
                    Err(error) => {
                        tracing::error!(%error, "looking after a folder failed");
                        under_way.clear();
                        busy.abort_all();
                    }
                },
            }
        }
    }
}

/// One look at one agency's folder.
async fn look_after(
    gateway: &Gateway,
    agency: &Arc<Agency>,
    data: &Path,
    inbox: Inbox,
    troubles: &Troubles,
) -> Inbox {
    let Some(folder) = agency.folder.clone() else { return inbox };
    let (thing, now) = (format!("folder:{}", agency.id), gateway.clock().now());
    let paths = folder.paths(data, &agency.id);
    let listing = {
        let (paths, quiet) = (paths.clone(), folder.quiet_seconds);
        tokio::task::spawn_blocking(move || {
            let mut inbox = inbox;
            let ready = inbox.look(&paths, now, quiet);
            (inbox, ready)
        })
    };
    let (mut inbox, ready) = match listing.await {
        Ok((inbox, Ok(ready))) => (inbox, ready),
        Ok((inbox, Err(error))) => {
            troubles.failed(&thing, &error.to_string(), now);
            return inbox;
        }
        Err(panic) => {
            troubles.failed(&thing, &panic.to_string(), now);
            return Inbox::default();
        }
    };
    for name in ready {
        match settle::settle(gateway, agency, &folder, &paths, &name).await {
            Ok(Settled::Answered(answered)) => inbox.answered(answered, gateway.clock().now()),
            Ok(Settled::NotYet) => {}
            Err(why) => {
                troubles.failed(&thing, &why, gateway.clock().now());
                return inbox;
            }
        }
    }
    match collected(gateway, agency, paths).await {
        Ok(()) => troubles.went_well(&thing, gateway.clock().now()),
        Err(why) => troubles.failed(&thing, &why, gateway.clock().now()),
    }
    inbox
}

/// Notes which messages were taken away.
async fn collected(gateway: &Gateway, agency: &Agency, paths: DropPaths) -> Result<(), String> {
    let there = move |placed: &Placed| {
        let path = paths.delivery(placed.sequence, &placed.kind, &placed.id, &placed.content_type);
        let gone = path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        // Where it is the folder that is away, say a share that is not mounted, nobody took anything.
        !gone || mark::read(&paths.outgoing).ok().flatten().as_ref() != Some(&placed.mark)
    };
    gateway.collect(agency, there).await.map(drop).map_err(|error| error.to_string())
}
