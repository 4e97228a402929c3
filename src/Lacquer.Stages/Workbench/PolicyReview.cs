using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Workbench;

/// <summary>Asks the gate again where <c>lacquer.toml</c> has changed since it last answered, so that what is no longer allowed is not published because nobody ran ingest.</summary>
public static class PolicyReview
{
    private const int PageRows = 20_000;

    /// <summary>Takes back what the policy of today no longer clears. What it newly clears waits for the next ingest, or for <c>lacquer rights check --apply</c>.</summary>
    public static void Run(OpenArchive archive)
    {
        if (archive.Layout.NewestCatalogue() is not { } newest)
            return;
        var version = archive.Configuration.Rights.Version;
        using var catalogue = CatalogueReader.Open(newest);
        using var review = new RightsReview(archive, catalogue);
        EntityId? after = null;
        while (archive.Ledger.PublishableByOtherPolicy(version, after, PageRows) is { Count: > 0 } page)
        {
            archive.Ledger.SetRights(page.Zip(review.Decide(page, CancellationToken.None), (row, answer) => (row.Recording, answer.Decision ?? review.ByEvidence(row))).ToList());
            after = page[^1].Recording;
        }
    }
}
