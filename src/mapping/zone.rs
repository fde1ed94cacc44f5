//! `zone = "+08:00"`: the zone of times without an offset.

use toml::de::DeTable;

use crate::domain::problem::Problem;
use crate::mapping::toml_view::View;

/// The zone of a manifest, in seconds east of Greenwich.
pub(crate) fn zone(view: &View<'_>, table: &DeTable<'_>, faults: &mut Vec<Problem>) -> Option<i32> {
    let (text, spot) = view.string(table, "zone", faults)?;
    let seconds = offset(&text);
    if seconds.is_some() {
        return seconds;
    }
    faults.push(spot.fault(
        "zone",
        format!("时区“{text}”应如 +08:00"),
        format!("zone \"{text}\": expected an offset such as +08:00"),
    ));
    None
}

/// `+08:00` in seconds.
fn offset(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |part: &str| (part.len() == 2).then(|| part.parse::<i32>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
