using System.Text;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Editions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Rights;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Withdrawing;

/// <summary>What to take back.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Scope">What is named.</param>
/// <param name="Subject">An id, a licence (SPDX id, address or class) or a source.</param>
/// <param name="Reason">Why; it is published.</param>
/// <param name="Reference">The request's reference; it is published; may be empty.</param>
/// <param name="IsErased">Whether the audio is deleted at the next press, here and in mirrors; otherwise it stays here in the dark.</param>
public sealed record WithdrawRequest(string Archive, WithdrawalScope Scope, string Subject, string Reason, string Reference = "", bool IsErased = false);

/// <summary>What is taken back.</summary>
/// <param name="Number">The withdrawal's number.</param>
/// <param name="File">Its tombstone; null where it was only asked what it would be.</param>
/// <param name="Recordings">Recordings that it names.</param>
/// <param name="Releases">Releases that it names.</param>
/// <param name="Artists">Artists that it names.</param>
/// <param name="Objects">Objects that no later edition has.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Volumes">Volumes that get a successor without them, or none.</param>
public sealed record WithdrawReport(int Number, string? File, int Recordings, int Releases, int Artists, int Objects, long Bytes, IReadOnlyList<string> Volumes);

/// <summary>
/// Takes back what was published: a signed tombstone, and the gate's word that what it names is not published any more. The next catalogue is without it, the next press gives its volumes successors, the next edition has the tombstone, and mirrors follow.
/// The tombstone is written first; where a run is killed before the ledger knows it, the next one has its number.
/// </summary>
public static class Withdraw
{
    private const int PageRows = 20_000;

    /// <summary>Says what would be taken back.</summary>
    public static WithdrawReport Plan(WithdrawRequest request, TimeProvider clock)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        var (stone, bytes, volumes) = Make(archive, request);
        return Report(stone, null, bytes, volumes);
    }

    /// <summary>Takes back.</summary>
    /// <exception cref="LacquerException">Nothing is named by it, or it is withdrawn already.</exception>
    public static WithdrawReport Run(WithdrawRequest request, TimeProvider clock)
    {
        using var archive = OpenArchive.ToWrite(request.Archive, clock);
        var (stone, bytes, volumes) = Make(archive, request);
        var file = Sign(archive, stone);
        archive.Ledger.AddWithdrawal(stone, request.IsErased);
        return Report(stone, file, bytes, volumes);
    }

    /// <summary>Undoes a withdrawal: a tombstone of its own, so that both stay on record. What was named waits for the gate: the next catalogue and ingest have it again, unless its audio was deleted and its source has it no more.</summary>
    /// <exception cref="LacquerException">There is no such withdrawal, or it was undone.</exception>
    public static WithdrawReport Undo(string root, int number, string reason, string reference, TimeProvider clock)
    {
        using var archive = OpenArchive.ToWrite(root, clock);
        var all = archive.Ledger.Withdrawals();
        var undone = all.FirstOrDefault(w => w.Number == number)
            ?? throw new LacquerException(Failure.Missing, FormattableString.Invariant($"there is no withdrawal {number:D6}"), "lacquer withdraw --list shows them");
        if (undone.IsUndone || undone.Undoes is not null)
            throw new LacquerException(Failure.Usage, FormattableString.Invariant($"withdrawal {number:D6} {(undone.IsUndone ? "was undone before" : "is one that undoes another")}"), "lacquer withdraw --list shows them; what was undone by mistake is withdrawn anew");
        var stone = new Tombstone(archive.Configuration.Name, all.Count + 1, number, undone.Scope, undone.Subject, Said(reason, "reason"), Said(reference, "reference"), archive.Today, [], []);
        var file = Sign(archive, stone);
        archive.Ledger.AddWithdrawal(stone, isErased: false);
        return Report(stone, file, 0, []);
    }

    private static (Tombstone Stone, long Bytes, IReadOnlyList<string> Volumes) Make(OpenArchive archive, WithdrawRequest request)
    {
        if (archive.Ledger.Meta(OriginNotes.Address) is { } origin)
            throw new LacquerException(Failure.Usage, $"this is a mirror of {origin}: what its origin published is withdrawn there", "[rights] in lacquer.toml keeps out of a mirror what it is not to have");
        var subject = request.Subject;
        var entities = request.Scope switch
        {
            WithdrawalScope.Licence => UnderLicence(archive, request.Subject, out subject),
            WithdrawalScope.Source => FromSource(archive, request.Subject),
            _ => OfCatalogue(archive, request),
        };
        var recordings = entities.Where(e => e.Kind == EntityKind.Recording).ToHashSet();
        var roots = new Dictionary<PiecesRoot, ObjectRow>();
        foreach (var recording in recordings)
            if (archive.Ledger.Holding(recording)?.Object is { } obj && archive.Ledger.RecordingsOf(obj.Root).All(recordings.Contains))
                roots.TryAdd(obj.Root, obj);
        var stone = new Tombstone(archive.Configuration.Name, archive.Ledger.Withdrawals().Count + 1, null, request.Scope, subject, Said(request.Reason, "reason"), Said(request.Reference, "reference"), archive.Today,
            entities.OrderBy(e => e.ToString(), StringComparer.Ordinal).ToList(), roots.Keys.OrderBy(r => r.ToString(), StringComparer.Ordinal).ToList());
        var volumes = roots.Keys.Select(r => archive.Ledger.VolumeOf(r)?.Volume.Name).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        return (stone, roots.Values.Sum(o => o.LengthBytes), volumes);
    }

    private static HashSet<EntityId> OfCatalogue(OpenArchive archive, WithdrawRequest request)
    {
        if (!EntityId.TryParse(request.Subject, out var id) || id.Kind != KindOf(request.Scope))
            throw new LacquerException(Failure.Usage, $"'{request.Subject}' is no id of a {Tombstone.Name(request.Scope)}", "lacquer search WORDS finds it");
        // What is withdrawn as the same as something may be named too: mirrors go by names.
        if (archive.Ledger.WithdrawalOf(id) is { } before && archive.Ledger.IsNamed(id))
            throw new LacquerException(Failure.Usage, FormattableString.Invariant($"{id} is withdrawn already, by withdrawal {before.Number:D6}"), "lacquer withdraw --list shows it");
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        var named = new HashSet<EntityId> { id };
        switch (id.Kind)
        {
            // One that has become another in the catalogue is still known to the ledger.
            case EntityKind.Recording when catalogue.Recording(id) is not null || archive.Ledger.Rights(id) is not null:
                break;
            case EntityKind.Release when catalogue.Release(id) is { } release:
                named.UnionWith(catalogue.Tracks(release.Rank).Select(t => t.Recording.Id));
                break;
            case EntityKind.Artist when catalogue.Artist(id) is { } artist:
                for (var after = 0L; catalogue.RecordingsOfArtist(artist.Rank, after, PageRows) is { Count: > 0 } page; after = page[^1].Rank)
                    named.UnionWith(page.Select(r => r.Id));
                for (var after = 0L; catalogue.ReleasesOfArtist(artist.Rank, after, PageRows) is { Count: > 0 } page; after = page[^1].Rank)
                    named.UnionWith(page.Select(r => r.Id));
                break;
            default:
                throw new LacquerException(Failure.Missing, $"catalogue {catalogue.Name} has no {id}", "lacquer search WORDS finds what it has");
        }

        return named;
    }

    private static HashSet<EntityId> UnderLicence(OpenArchive archive, string text, out string name)
    {
        var classes = LicenceClassNames.TryParse(text, out var some) ? some : LicenceClasses.None;
        var licence = classes == LicenceClasses.None ? Licence.Recognise(text) ?? throw new LacquerException(Failure.Usage, $"'{text}' is neither a licence nor a class of licences", $"an SPDX id such as CC-BY-NC-4.0, or one of: {string.Join(", ", LicenceClassNames.Known)}") : null;
        name = licence?.Code ?? text;
        return Decided(archive, row => Licence.Recognise(row.Rights.Licence) is { } its && (licence is null ? its.Classes.HasFlag(classes) : its.Code == licence.Code), $"licence {name}");
    }

    private static HashSet<EntityId> FromSource(OpenArchive archive, string source)
    {
        var accessions = archive.Ledger.Accessions().Where(a => a.Source == source).Select(a => a.Number).ToHashSet();
        if (accessions.Count == 0)
            throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has nothing from a source '{source}'", "lacquer status lists the sources");
        if (archive.Ledger.WithdrawnSources().Contains(source))
            throw new LacquerException(Failure.Usage, $"source {source} is withdrawn already", "lacquer withdraw --list shows it");
        return Decided(archive, row => row.Accession is { } number && accessions.Contains(number), null);
    }

    // What the gate has let in and is not withdrawn yet.
    private static HashSet<EntityId> Decided(OpenArchive archive, Func<DecisionRow, bool> isMeant, string? what)
    {
        var named = new HashSet<EntityId>();
        for (EntityId? after = null; archive.Ledger.Decisions(after, PageRows) is { Count: > 0 } page; after = page[^1].Recording)
            named.UnionWith(page.Where(r => (r.Rights.Keep || r.Rights.Publish) && isMeant(r) && archive.Ledger.WithdrawalOf(r.Recording) is null).Select(r => r.Recording));
        return named.Count > 0 || what is null ? named : throw new LacquerException(Failure.Missing, $"nothing in {archive.Layout.Root} is held under {what}", "lacquer status lists the licences");
    }

    // The signature last: a tombstone without one is not yet any.
    private static string Sign(OpenArchive archive, Tombstone stone)
    {
        using var key = MinisignKey.Read(archive.Layout.SigningKey);
        var path = archive.Layout.Withdrawal(stone.Number);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var bytes = stone.ToBytes();
        Durable.WriteFile(path, stream => stream.Write(bytes));
        using var content = new MemoryStream(bytes);
        var signature = key.Sign(content, FormattableString.Invariant($"{stone.Archive} withdrawal {stone.Number:D6}"));
        Durable.WriteFile(path + Tombstone.SignatureEnd, stream => stream.Write(Encoding.UTF8.GetBytes(signature)));
        return path;
    }

    private static WithdrawReport Report(Tombstone stone, string? file, long bytes, IReadOnlyList<string> volumes)
    {
        int Of(EntityKind kind) => stone.Entities.Count(e => e.Kind == kind);
        return new WithdrawReport(stone.Number, file, Of(EntityKind.Recording), Of(EntityKind.Release), Of(EntityKind.Artist), stone.Objects.Count, bytes, volumes);
    }

    private static string Said(string text, string what) => text.Trim() is { Length: <= Tombstone.LongestText } said && (said.Length > 0 || what != "reason") && !said.Any(char.IsControl) ? said
        : throw new LacquerException(Failure.Usage, $"a {what} is one line of at most {Tombstone.LongestText} letters{(what == "reason" ? ", and not empty" : "")}", "--reason \"asked for by the rights holder\"");

    private static EntityKind KindOf(WithdrawalScope scope) => scope switch
    {
        WithdrawalScope.Recording => EntityKind.Recording,
        WithdrawalScope.Release => EntityKind.Release,
        _ => EntityKind.Artist,
    };
}
