"""A part of a hot shop takes note of what the others hold, and carries out what the last refit said."""

from operators.segments.refit_shop import Refitted, carry_out
from operators.segments.seek_segments import Sample, Sought, sample_threshold
from operators.segments.shop_parts import knowing
from operators.segments.shop_segments import ShopSegments, ShopSettings, hash64
from state.rest_of_shop import RestOfShop


def adopt_rest(
    name: str, part: ShopSegments, rest: RestOfShop, carried_out: int, sample: Sample, settings: ShopSettings
) -> Refitted:
    """Visitors whom the refit moves take their counts along, so the part's sums stay those of its visitors.

    carried_out : number of the part's last refit; one that is not later moves nobody. sample : the part's.
    """
    others = ShopSegments(rest.model, rest.categories)
    lowest = min(part.model.threshold, rest.model.threshold)
    moves = rest.moves if rest.refit > carried_out else {}
    labels = {visitor: moves[of] for visitor in sample if (of := hash64(visitor)) in moves}
    sought = Sought(
        labels={visitor: to for visitor, to in labels.items() if sample[visitor].segment != to},
        threshold=sample_threshold(sample, lowest, settings),
        refitted_at=rest.refitted_at,
    )
    return carry_out(sought, name, knowing(part, [others], settings), sample, settings, others)
