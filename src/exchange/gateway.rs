//! The gateway: what the edges call. Each use case has a file of its own; here is what they all share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::clock::{Chance, Clock};
use crate::domain::agency::Agency;
use crate::domain::deadline::Laws;
use crate::domain::registry::Registry;
use crate::exchange::attachments::AttachmentParts;
use crate::exchange::deadline::radar::Team;
use crate::exchange::feed::cursor::CursorKeys;
use crate::exchange::intake::Intake;
use crate::exchange::journal::Journal;
use crate::exchange::notice::Notices;
use crate::exchange::profiles::Profiles;
use crate::exchange::refused::Refused;
use crate::exchange::witness::Witnesses;
use crate::mapping::Profile;
use crate::store::{Store, StoreError};

/// What a gateway is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The journal's name and key.
    pub journal: Journal,
    /// The profiles in use.
    pub profiles: Profiles,
    /// The agencies.
    pub registry: Registry,
    /// The platform's webhooks, by name.
    pub webhooks: Vec<String>,
    /// What attachments need; without it the gateway keeps none, and files stay in the records that brought them.
    pub attachments: Option<AttachmentParts>,
    /// The keys that cursors of feeds are signed with.
    pub cursors: CursorKeys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
}

/// The use cases over one world; cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    pub(in crate::exchange) world: Arc<World>,
    pub(in crate::exchange) intake: Arc<Intake>,
}

pub(in crate::exchange) struct World {
    pub(in crate::exchange) store: Store,
    pub(in crate::exchange) journal: Journal,
    pub(in crate::exchange) profiles: ArcSwap<Profiles>,
    pub(in crate::exchange) registry: ArcSwap<Registry>,
    pub(in crate::exchange) laws: ArcSwap<Laws>,
    pub(in crate::exchange) teams: ArcSwap<Vec<Team>>,
    pub(in crate::exchange) webhooks: Vec<String>,
    pub(in crate::exchange) attachments: Option<AttachmentParts>,
    pub(in crate::exchange) cursors: ArcSwap<CursorKeys>,
    pub(in crate::exchange) notices: ArcSwap<Notices>,
    pub(in crate::exchange) witnesses: ArcSwap<Witnesses>,
    pub(in crate::exchange) clock: Arc<dyn Clock>,
    pub(in crate::exchange) chance: Arc<dyn Chance>,
    pub(in crate::exchange) bells: Bells,
}

/// Rung after a commit.
#[derive(Default)]
pub(in crate::exchange) struct Bells {
    deliveries: Notify,
    events: Notify,
}

impl Bells {
    /// There are new deliveries, or the way is free for one that waited.
    pub(in crate::exchange) fn ring_for_deliveries(&self) {
        self.deliveries.notify_one();
    }

    /// There are new events, and with them perhaps webhooks to call.
    pub(in crate::exchange) fn ring_for_events(&self) {
        self.events.notify_waiters();
    }
}

impl World {
    /// The profile whose formats an agency speaks.
    pub(in crate::exchange) fn profile_of(&self, agency: &Agency) -> Result<Arc<Profile>, Refused> {
        self.profiles.load().named(&agency.profile).ok_or_else(|| {
            Refused::Unavailable(format!(
                "agency {} names profile {}, which is not loaded",
                agency.id, agency.profile
            ))
        })
    }
}

impl Gateway {
    /// A gateway over these parts, and the task that writes for it: it ends when the last clone is dropped.
    #[must_use]
    pub fn open(parts: Parts) -> (Self, JoinHandle<()>) {
        let world = Arc::new(World {
            store: parts.store,
            journal: parts.journal,
            profiles: ArcSwap::from_pointee(parts.profiles),
            registry: ArcSwap::from_pointee(parts.registry),
            laws: ArcSwap::from_pointee(Laws::shipped()),
            teams: ArcSwap::default(),
            webhooks: parts.webhooks,
            attachments: parts.attachments,
            cursors: ArcSwap::from_pointee(parts.cursors),
            notices: ArcSwap::default(),
            witnesses: ArcSwap::default(),
            clock: parts.clock,
            chance: parts.chance,
            bells: Bells::default(),
        });
        let (intake, writer) = Intake::start(Arc::clone(&world));
        (Self { world, intake: Arc::new(intake) }, writer)
    }

    /// The clock that everything here goes by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.world.clock
    }

    /// The source of chance that everything here goes by.
    #[must_use]
    pub fn chance(&self) -> &dyn Chance {
        &*self.world.chance
    }

    /// The agencies as they are known now.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.world.registry.load_full()
    }

    /// The agencies are these from now on, for open connections too.
    pub fn replace_registry(&self, registry: Registry) {
        self.world.registry.store(Arc::new(registry));
    }

    /// The profiles as they are now.
    #[must_use]
    pub fn profiles(&self) -> Arc<Profiles> {
        self.world.profiles.load_full()
    }

    /// The profiles are these from now on.
    pub fn replace_profiles(&self, profiles: Profiles) {
        self.world.profiles.store(Arc::new(profiles));
    }

    /// Cursors of feeds are signed and read with these from now on.
    pub fn replace_cursor_keys(&self, keys: CursorKeys) {
        self.world.cursors.store(Arc::new(keys));
    }

    /// The journal's verifier key, as text that `verify` and other tools take.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        self.world.journal.verifier().to_string()
    }

    /// Resolves when deliveries were committed since the last call. For the one driver that sends them.
    pub async fn woken(&self) {
        self.world.bells.deliveries.notified().await;
    }

    /// Resolves at the next event; for any number of waiters. Who waits looks again from time to time: an event may
    /// come between a look and the wait.
    pub async fn told(&self) {
        self.world.bells.events.notified().await;
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Contended(_) => Self::Busy { retry_after: 1 },
            other => Self::Unavailable(other.to_string()),
        }
    }
}
