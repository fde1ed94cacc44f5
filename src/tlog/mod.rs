//! The journal's formats: a Merkle tree, its tiles, its signed checkpoints and its proofs, as C2SP writes them.
//!
//! Promise: what is printed here any C2SP tool can read, and what is read here is refused when it strays from
//! the text of the standard. Pinned: `signed-note` v1.0.0, `tlog-checkpoint` v1.0.0 with Ed25519, `tlog-tiles`
//! v0.1.0, `c2sp.org/tlog-proof@v1`, `tlog-cosignature` v1.0.1 with Ed25519, `tlog-witness` v1.0.0; the tree is RFC 6962, section 2.1, with SHA-256. Pure: no I/O, no async, no
//! clock. Left to others: where tiles are kept, what an entry says, and who holds the key.

mod bundle;
mod checkpoint;
mod cosignature;
mod hash;
mod judge;
mod note;
mod proof;
pub mod published;
mod tile;
mod tiles;
mod tree;
mod verify;
mod vkey;
mod walk;

pub use bundle::{BadBundle, MAX_ENTRY, decode_bundle, encode_bundle};
pub use checkpoint::{BadCheckpoint, BadOrigin, Checkpoint, CheckpointError, Origin};
pub use cosignature::{Cosignature, Cosigner, Quorum, QuorumError, WitnessKey};
pub use hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};
pub use judge::{AddCheckpoint, BadRequest, MAX_PROOF, NotCosigned, judge, origin_of};
pub use note::{Ed25519Signer, NoteError, Opened, Signer, open, sign};
pub use proof::{BadProof, Proof, ProofRefused};
pub use tile::{BadPath, FULL, Row, Tile, tiles_between};
pub use tiles::Tiles;
pub use tree::{BadFrontier, Batch, Frontier, Growth};
pub use verify::{ProofError, verify_consistency, verify_inclusion};
pub use vkey::{BadKey, Verifier};
pub use walk::{Node, WalkError, consistency, consistency_nodes, inclusion, inclusion_nodes};
