using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Reviewing;

/// <summary>What to check.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Apply">Whether the answers of today are written to the ledger; otherwise nothing is written.</param>
/// <param name="PageRows">How many decisions are asked about at once: more is faster, and takes some kilobytes each.</param>
public sealed record RightsCheckRequest(string Archive, bool Apply = false, int PageRows = 20_000);

/// <summary>What the gate lets be done.</summary>
public enum RightsAnswer
{
    /// <summary>Neither.</summary>
    Deny,

    /// <summary>Keep, dark.</summary>
    Keep,

    /// <summary>Keep and publish.</summary>
    Publish,
}

/// <summary>A recording of which the gate says something else today.</summary>
/// <param name="Recording">Its id.</param>
/// <param name="From">What stands in the ledger.</param>
/// <param name="To">What the gate says today.</param>
/// <param name="Before">The decision in the ledger.</param>
/// <param name="After">The decision of today.</param>
public sealed record RightsChange(EntityId Recording, RightsAnswer From, RightsAnswer To, RightsDecision Before, RightsDecision After);

/// <summary>How many recordings change in one way.</summary>
/// <param name="From">What stands in the ledger.</param>
/// <param name="To">What the gate says today.</param>
/// <param name="Recordings">How many.</param>
public sealed record ChangeCount(RightsAnswer From, RightsAnswer To, long Recordings);

/// <summary>What a change of policy, evidence or day makes of the decisions in the ledger. <c>Same + Reworded + changes + OfOrigin + Unanswered = Decisions</c>.</summary>
/// <param name="Policy">Version of the policy of today.</param>
/// <param name="Day">The day, UTC, on which the gate was asked.</param>
/// <param name="Decisions">Decisions in the ledger.</param>
/// <param name="Same">Those that stay as they are, policy's version aside.</param>
/// <param name="Reworded">Those with the same answer for another reason, licence or evidence.</param>
/// <param name="OfOrigin">Those of a mirror's origin, which are not this archive's to make.</param>
/// <param name="Unanswered">Those whose records cannot be read; they stay as they are.</param>
/// <param name="Changes">The others, by kind.</param>
/// <param name="IsApplied">Whether the ledger has the answers of today now.</param>
/// <param name="Findings">What cannot be read.</param>
public sealed record RightsCheckReport(
    string Policy, DateOnly Day, long Decisions, long Same, long Reworded, long OfOrigin, long Unanswered, IReadOnlyList<ChangeCount> Changes, bool IsApplied, IReadOnlyList<Finding> Findings);

/// <summary>
/// Asks the gate again about every decision in the ledger, in the order of the recordings' ids and a page at a time, so that memory stays flat. Reads the ledger, the newest catalogue and the
/// accessions; writes, if asked to, decisions that differ, a page in a transaction. A killed run has written whole pages, and the next finds these as they should be.
/// </summary>
public static class RightsCheck
{
    // Of a broken accession a million recordings may speak: what is wrong is said once for each message.
    private const int MostFindings = 100;

    /// <summary>Checks.</summary>
    /// <param name="request">What.</param>
    /// <param name="clock">Gives the day.</param>
    /// <param name="onChange">Is told each change as it is found.</param>
    /// <param name="progress">How far it is.</param>
    /// <param name="stop">Ends it between two recordings.</param>
    public static RightsCheckReport Run(RightsCheckRequest request, TimeProvider clock, Action<RightsChange> onChange, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = request.Apply ? OpenArchive.ToWrite(request.Archive, clock) : OpenArchive.ToRead(request.Archive, clock);
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        using var review = new RightsReview(archive, catalogue);
        var day = archive.Today;
        var total = archive.Ledger.DecisionCount();
        var counts = new SortedDictionary<(RightsAnswer From, RightsAnswer To), long>();
        var findings = new Dictionary<string, Finding>(StringComparer.Ordinal);
        var (done, same, reworded, ofOrigin, unanswered) = (0L, 0L, 0L, 0L, 0L);
        EntityId? after = null;
        while (archive.Ledger.Decisions(after, request.PageRows) is { Count: > 0 } page)
        {
            var own = page.Where(row => row.Accession != 0).ToList();
            ofOrigin += page.Count - own.Count;
            var answers = new List<(EntityId, RightsDecision)>();
            foreach (var (row, (answer, unreadable)) in own.Zip(review.Decide(own, stop)))
            {
                if (answer is not { } decision)
                {
                    unanswered++;
                    if (findings.Count < MostFindings)
                        findings.TryAdd(unreadable!, new Finding("rights", row.Recording.ToString(), "unreadable", unreadable!));
                    continue;
                }

                answers.Add((row.Recording, decision));
                var (from, to) = (Answer(row.Rights), Answer(decision));
                if (from != to)
                {
                    counts[(from, to)] = counts.GetValueOrDefault((from, to)) + 1;
                    onChange(new RightsChange(row.Recording, from, to, row.Rights, decision));
                }
                else if (row.Rights with { Policy = "" } == decision with { Policy = "" })
                {
                    same++;
                }
                else
                {
                    reworded++;
                }
            }

            if (request.Apply)
                archive.Ledger.SetRights(answers);
            done += page.Count;
            progress.Report(new StageProgress("rights", done, total));
            after = page[^1].Recording;
        }

        return new RightsCheckReport(archive.Configuration.Rights.Version, day, done, same, reworded, ofOrigin, unanswered,
            counts.Select(c => new ChangeCount(c.Key.From, c.Key.To, c.Value)).ToList(), request.Apply, findings.Values.ToList());
    }

    private static RightsAnswer Answer(RightsDecision decision) => decision.Publish ? RightsAnswer.Publish : decision.Keep ? RightsAnswer.Keep : RightsAnswer.Deny;
}
