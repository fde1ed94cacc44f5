//! What the platform listener answers with: the exchange's views as JSON.
//!
//! Promise: times are RFC 3339 in UTC, ids and digests strings, an absent value an absent member, cursors numbers.
//! These shapes are the published interface: a member is added, never renamed.

mod answers;
mod case;
mod deadline;
mod delivery;
mod event;
mod feed;
mod job;
mod notice;
mod problem;
mod reconciliation;
mod schema;

pub use answers::{AnsweredItem, Answering, PostedAnswers};
pub use case::{Case, CaseDetail, CasePage, Hold, Record, Submission};
pub use deadline::{Deadline, Pause, Radar, RadarCounts, RadarItem, RadarLine};
pub use delivery::{
    Attempt, Breaker, Delivery, DeliveryPage, DeliveryReceipt, Intervened, Intervention, Posted,
};
pub use event::{Event, EventPage};
pub use feed::{AtAgency, FeedWindow, FeedWindowPage, OpenPosted, OpenPostedMany, OpenPosting, PostedItem};
pub use job::{Begun, Job, JobList, JobPause, Run, RunPage};
pub use notice::{Notice, NoticePage, Trouble};
pub use problem::{Place, ProblemShape};
pub use reconciliation::{Difference, Reconciliation, ReconciliationDetail, ReconciliationPage};
pub use schema::{AnyObject, AnyRecord, PostedRecord};
