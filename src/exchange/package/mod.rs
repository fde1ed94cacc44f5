//! The evidence package: one zip about one case that anybody can verify offline.
//!
//! Promise: it is a function of the case's entries and of what they tell of: made again it has the same bytes, also when the
//! journal has grown by what is not about the case. Its checkpoint is that of the journal up to the case's last
//! entry. Nobody gets one before the journal says who did, why, and which one ([`Fact::Package`]). Looking at one needs
//! nothing but the package ([`check`]).

mod build;
pub mod check;
mod explain;
mod gather;
pub mod manifest;
mod proofs;
mod report;
mod timeline;
mod trail;

use crate::domain::digest::Digest;
use crate::domain::id::CaseId;
use crate::exchange::entry::Fact;
use crate::exchange::gateway::Gateway;
use crate::exchange::intervene::Words;
use crate::exchange::refused::Refused;

/// A package, ready to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The zip file.
    pub bytes: Vec<u8>,
    /// Its SHA-256, as the journal says it.
    pub digest: Digest,
    /// How many of the journal's entries its checkpoint covers.
    pub covers: u64,
}

impl Gateway {
    /// Everything about a case, in a zip file; journalled with who, why and the file's SHA-256 before it is handed out.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case, [`Refused::Unavailable`] when something of it cannot be read.
    pub async fn package(&self, case: &CaseId, who: &Words, why: &Words) -> Result<Package, Refused> {
        let world = &*self.world;
        let mut gathered = gather::gather(world, case).await?;
        let trail = trail::trail(world, &gathered).await?;
        gather::open_files(world, &mut gathered).await?;
        let proven = proofs::prove(world, &trail).await?;
        let covers = proven.size;
        let bytes = build::build(world, gathered, &trail, &proven)?;
        let digest = Digest::of(&bytes);
        self.note(Fact::Package {
            case: case.clone(),
            who: who.to_string(),
            why: why.to_string(),
            package: digest,
            covers,
        })
        .await?;
        Ok(Package { bytes, digest, covers })
    }
}
