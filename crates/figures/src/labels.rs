//! Names at the ends of lines, none over another.

/// Names that touch and so move together.
struct Group {
    /// Of the names in it, in the order of where they want to be.
    members: usize,
    /// Where the first stands.
    first: f64,
}

/// Where names stand that want to be at `wanted`, in the same order: as near as can be, but at least
/// `gap` apart and within `limits`, if there is room for all.
pub fn apart(wanted: &[f64], gap: f64, limits: (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut groups: Vec<Group> = Vec::new();
    for &name in &order {
        let mut group = Group {
            members: 1,
            first: within(wanted[name], 1, gap, limits),
        };
        while let Some(above) =
            groups.pop_if(|above| above.first + above.members as f64 * gap > group.first)
        {
            group = joined(&above, &group, gap, limits);
        }
        groups.push(group);
    }
    let places = groups
        .iter()
        .flat_map(|group| (0..group.members).map(|member| group.first + member as f64 * gap));
    let mut placed = vec![0.0; wanted.len()];
    for (name, place) in order.into_iter().zip(places) {
        placed[name] = place;
    }
    placed
}

/// Both as one, each name as near as on average it was.
fn joined(above: &Group, below: &Group, gap: f64, limits: (f64, f64)) -> Group {
    let members = above.members + below.members;
    let below_first = below.first - above.members as f64 * gap;
    let sum = above.first * above.members as f64 + below_first * below.members as f64;
    Group {
        members,
        first: within(sum / members as f64, members, gap, limits),
    }
}

/// The first of so many names, moved so that all are within the limits; the upper one comes first.
fn within(first: f64, members: usize, gap: f64, (upper, lower): (f64, f64)) -> f64 {
    first.min(lower - (members - 1) as f64 * gap).max(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: (f64, f64) = (0.0, 100.0);

    #[test]
    fn names_with_room_stay() {
        assert_eq!(apart(&[50.0, 10.0, 90.0], 15.0, LIMITS), [50.0, 10.0, 90.0]);
        assert_eq!(apart(&[], 15.0, LIMITS), [0.0; 0]);
    }

    #[test]
    fn names_that_touch_share_the_way() {
        assert_eq!(apart(&[52.0, 48.0], 10.0, LIMITS), [55.0, 45.0]);
        let three = apart(&[50.0, 50.0, 38.0], 10.0, LIMITS);
        assert_eq!(three, [46.0, 56.0, 36.0]);
    }

    #[test]
    fn names_stay_within() {
        assert_eq!(apart(&[99.0, 98.0], 10.0, LIMITS), [100.0, 90.0]);
        assert_eq!(apart(&[0.0, 1.0], 10.0, LIMITS), [0.0, 10.0]);
    }
}
