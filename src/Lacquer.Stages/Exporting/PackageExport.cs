using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Formats.Packages;
using Lacquer.Stages.Workbench;
using Lacquer.Stages.Workbench.Stores;

namespace Lacquer.Stages.Exporting;

/// <summary>In what form objects are handed over.</summary>
public enum PackageForm
{
    /// <summary>A bag (RFC 8493).</summary>
    BagIt,

    /// <summary>A storage root of the Oxford Common File Layout 1.1.</summary>
    Ocfl,
}

/// <summary>What to hand over.</summary>
/// <param name="Archive">The archive's folder.</param>
/// <param name="Folder">Where to: a new or an empty folder.</param>
/// <param name="Form">In what form.</param>
/// <param name="Ids">Recordings, and releases, which stand for their recordings; empty: all of the catalogue, in order of rank.</param>
/// <param name="Licence">Only what is under this licence, by its code; null: any.</param>
/// <param name="Top">At most so many, the most listened first; null: all.</param>
/// <param name="Dark">Also what may be kept and not published.</param>
/// <param name="Variable">Looks up an environment variable: credentials of an object store may stand there.</param>
public sealed record PackageRequest(string Archive, string Folder, PackageForm Form, IReadOnlyList<EntityId> Ids, string? Licence = null, long? Top = null, bool Dark = false, Func<string, string?>? Variable = null);

/// <summary>What was handed over.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Form">In what form.</param>
/// <param name="Recordings">How many recordings.</param>
/// <param name="PayloadBytes">Bytes of their audio; what several recordings share is counted for each.</param>
/// <param name="Findings">What was asked for by id and is not in it, and objects that are not what they should be.</param>
public sealed record PackageReport(string Folder, PackageForm Form, long Recordings, long PayloadBytes, IReadOnlyList<Finding> Findings);

/// <summary>
/// Hands over objects with what is known of them. Reads the newest catalogue, the ledger and the objects, each held to its hashes; changes nothing in the archive. The folder appears whole under its name; a killed run
/// leaves <c>DIR.partial</c>, which the next removes. What may not be published is left out unless it is asked for.
/// </summary>
public static class PackageExport
{
    /// <summary>Hands over.</summary>
    /// <exception cref="LacquerException">There is no catalogue, nothing to hand over, or the folder is not empty.</exception>
    public static async Task<PackageReport> RunAsync(PackageRequest request, TimeProvider clock, IProgress<StageProgress> progress, CancellationToken stop)
    {
        using var archive = OpenArchive.ToRead(request.Archive, clock);
        using var catalogue = CatalogueReader.Open(archive.Layout.NewestCatalogue()
            ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));
        using var objects = await ObjectStores.OpenAsync(archive.Layout, archive.Configuration.Objects, request.Variable, stop).ConfigureAwait(false);
        MustBeFree(request.Folder);
        var now = clock.GetUtcNow();
        var findings = new List<Finding>();
        try
        {
            var staging = new StagingFolder(request.Folder);
            IPackage package = request.Form == PackageForm.BagIt ? new Bag(staging.Path, Info(archive, catalogue, now))
                : new OcflRoot(staging.Path, Agent.Name, now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            var (recordings, bytes) = (0L, 0L);
            foreach (var (recording, held) in Chosen(archive, catalogue, request, findings))
            {
                if (recordings == request.Top)
                    break;
                progress.Report(new StageProgress("export", recordings, request.Top ?? 0));
                try
                {
                    await package.AddAsync(recording.Id, held.Object, RecordingRecord.Of(archive, catalogue, recording, held), cancel => AudioAsync(archive, objects, held.Object, cancel), stop).ConfigureAwait(false);
                    recordings++;
                    bytes += held.Object.LengthBytes;
                }
                catch (LacquerException e) when (e.Failure == Failure.Damaged)
                {
                    findings.Add(new Finding("export", recording.Id.ToString(), "corrupt", e.Message));
                }
            }

            if (recordings == 0)
            {
                Directory.Delete(staging.Path, recursive: true);
                throw new LacquerException(Failure.Missing, findings is [var first, ..] ? $"nothing is exported: {first.Subject}: {first.Message}" : "nothing that is held fits what was asked for", "lacquer status says what is held; --dark takes what is not published too");
            }

            package.Finish();
            MustBeFree(request.Folder, isWritten: true);
            if (Directory.Exists(request.Folder))
                Directory.Delete(request.Folder);
            staging.Seal();
            return new PackageReport(request.Folder, request.Form, recordings, bytes, findings);
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(request.Folder, e);
        }
    }

    private static async Task<Stream> AudioAsync(OpenArchive archive, IObjectStore objects, ObjectRow obj, CancellationToken stop) =>
        await objects.OpenAsync(ObjectName.Of(obj), stop).ConfigureAwait(false) is { } stream ? new VerifiedStream(stream, obj, archive.Configuration.PieceLengthBytes)
            : throw new LacquerException(Failure.Damaged, $"{archive.Configuration.Objects.PlaceOf(ObjectName.Of(obj))} is missing", "lacquer verify says what else is wrong; --repair fetches it");

    private static IEnumerable<(RecordingRow Recording, HoldingRow Held)> Chosen(OpenArchive archive, CatalogueReader catalogue, PackageRequest request, List<Finding> findings)
    {
        foreach (var recording in request.Ids.Count == 0 ? catalogue.Recordings() : Named(catalogue, request.Ids, findings))
        {
            var held = archive.Ledger.Holding(recording.Id);
            var why = held is null ? "its audio is not held" : !held.Rights.Keep ? $"it may not be kept: {held.Rights.Reason}"
                : !held.Rights.Publish && !request.Dark ? $"it is kept dark: {held.Rights.Reason}"
                : request.Licence is not null && !string.Equals(held.Rights.Licence, request.Licence, StringComparison.OrdinalIgnoreCase) ? $"it is under {held.Rights.Licence ?? "no known licence"}" : null;
            if (why is null)
                yield return (recording, held!);
            else if (request.Ids.Contains(recording.Id))
                findings.Add(new Finding("export", recording.Id.ToString(), "missing", why));
        }
    }

    private static IEnumerable<RecordingRow> Named(CatalogueReader catalogue, IReadOnlyList<EntityId> ids, List<Finding> findings)
    {
        var seen = new HashSet<EntityId>();
        foreach (var id in ids)
        {
            IEnumerable<RecordingRow>? named = id.Kind == EntityKind.Release ? catalogue.Release(id) is { } release ? catalogue.Tracks(release.Rank).Select(t => t.Recording) : null
                : catalogue.Recording(id) is { } recording ? [recording] : null;
            if (named is null)
                findings.Add(new Finding("export", id.ToString(), "missing", $"it is not in catalogue {catalogue.Name}"));
            foreach (var one in named ?? [])
                if (seen.Add(one.Id))
                    yield return one;
        }
    }

    private static List<(string, string)> Info(OpenArchive archive, CatalogueReader catalogue, DateTimeOffset now) =>
    [
        ("Source-Organization", archive.Configuration.Title),
        ("External-Description", $"Recordings of {archive.Configuration.Title}, catalogue {catalogue.Name}: audio, metadata, rights with their evidence, preservation events"),
        ("External-Identifier", $"urn:lacquer:{archive.Configuration.Name}:{catalogue.Name}"),
        ("Bagging-Date", now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
        ("Bag-Software-Agent", Agent.Name),
    ];

    private static void MustBeFree(string folder, bool isWritten = false)
    {
        if (File.Exists(folder) || Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new LacquerException(Failure.Refused, $"{folder} is not empty", "name a new folder; a package replaces nothing");
        if (!Directory.Exists(Path.GetDirectoryName(folder)))
            throw new LacquerException(Failure.Missing, $"{folder} is in a folder that is not there", $"make {Path.GetDirectoryName(folder)} first");
        var partial = folder + Durable.Partial;
        if (!isWritten && Directory.Exists(partial) && Directory.EnumerateFileSystemEntries(partial).Any() && !File.Exists(Path.Combine(partial, Bag.Declaration)) && !File.Exists(Path.Combine(partial, OcflRoot.Declaration)))
            throw new LacquerException(Failure.Refused, $"{partial} is no package that was left unfinished, and would be removed", "name another folder");
    }
}
