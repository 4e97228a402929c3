using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Verifying;

/// <summary>What a look at an object found.</summary>
/// <param name="Object">The object.</param>
/// <param name="LengthBytes">How long it is in the store; null where it is missing.</param>
/// <param name="Broken">Indexes of the pieces that are not what they should be.</param>
/// <param name="Pieces">How many pieces it has.</param>
internal sealed record CheckedObject(ObjectRow Object, long? LengthBytes, IReadOnlyList<long> Broken, long Pieces)
{
    public string Kind => LengthBytes is null ? "missing" : "corrupt";

    public string Describe()
    {
        if (LengthBytes is not { } length)
            return $"it is missing ({Pieces} pieces)";
        var which = string.Join(", ", Broken.Take(20)) + (Broken.Count > 20 ? $" and {Broken.Count - 20} more" : "");
        return $"piece {which} of {Pieces} (counted from 0) is not what it should be{(length != Object.LengthBytes ? $"; it has {length} bytes, not {Object.LengthBytes}" : "")}";
    }
}

/// <summary>
/// Reads objects and holds each piece to its merkle tree. Repair puts the object together anew beside the work in hand, from the pieces that are right and those that are fetched, and has the store take
/// it in place of the broken one: a killed repair leaves everything as it was.
/// </summary>
internal sealed class ObjectCheck(OpenArchive archive, IObjectStore objects)
{
    private const string RepairPrefix = "repair-";
    private readonly int _pieceLength = archive.Configuration.PieceLengthBytes;

    /// <summary>Where an object lies, as findings name it.</summary>
    public string SubjectOf(ObjectName name) => archive.Configuration.Objects.PlaceOf(name);

    public async Task<CheckedObject> CheckAsync(ObjectRow obj, CancellationToken stop)
    {
        var count = PieceTree.PieceCount(obj.LengthBytes, _pieceLength);
        await using var stream = await objects.OpenAsync(ObjectName.Of(obj), stop).ConfigureAwait(false);
        if (stream is null)
            return new CheckedObject(obj, null, [.. Enumerable.Range(0, (int)count).Select(i => (long)i)], count);
        var broken = new List<long>();
        var piece = new byte[PieceBytes(obj, 0)];
        for (var index = 0L; index < count; index++)
            if (!await ReadAsync(stream, obj, index, piece, stop).ConfigureAwait(false))
                broken.Add(index);

        // What was written behind the end is in no piece.
        if (broken.Count == 0 && stream.Length != obj.LengthBytes)
            broken.Add(count - 1);
        return new CheckedObject(obj, stream.Length, broken, count);
    }

    /// <summary>Fetches the broken pieces.</summary>
    /// <exception cref="LacquerException">The origin does not have them, or not right; nothing is changed.</exception>
    public async Task RepairAsync(CheckedObject found, EditionOrigin origin, string volume, string name, CancellationToken stop)
    {
        var obj = found.Object;
        Directory.CreateDirectory(archive.Layout.Work);
        var partial = Path.Combine(archive.Layout.Work, $"{RepairPrefix}{obj.Root}");
        try
        {
            await using (var whole = found.LengthBytes is null ? null : await objects.OpenAsync(ObjectName.Of(obj), stop).ConfigureAwait(false))
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1))
            {
                var broken = found.Broken.ToHashSet();
                var piece = new byte[PieceBytes(obj, 0)];
                for (var index = 0L; index < found.Pieces; index++)
                {
                    if (broken.Contains(index) || whole is null || !await ReadAsync(whole, obj, index, piece, stop).ConfigureAwait(false))
                        await FetchAsync(origin, volume, name, obj, index, piece, stop).ConfigureAwait(false);
                    await file.WriteAsync(piece.AsMemory(0, PieceBytes(obj, index)), stop).ConfigureAwait(false);
                }

                file.Flush(flushToDisk: true);
            }

            await objects.PutAsync(ObjectName.Of(obj), partial, obj.Sha256, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            throw Durable.DiskFull(archive.Layout.Work, e);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Removes what a killed repair had in hand.</summary>
    public void RemoveLeftovers()
    {
        if (Directory.Exists(archive.Layout.Work))
            foreach (var left in Directory.EnumerateFiles(archive.Layout.Work, RepairPrefix + "*").ToList())
                File.Delete(left);
    }

    private int PieceBytes(ObjectRow obj, long index) => (int)Math.Min(_pieceLength, obj.LengthBytes - index * _pieceLength);

    private async Task<bool> ReadAsync(Stream stream, ObjectRow obj, long index, byte[] piece, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var want = piece.AsMemory(0, PieceBytes(obj, index));
        try
        {
            stream.Position = index * _pieceLength;
            return await stream.ReadAtLeastAsync(want, want.Length, throwOnEndOfStream: false, stop).ConfigureAwait(false) == want.Length
                && PieceTree.VerifyPiece(want.Span, index, obj.Root, obj.LengthBytes, obj.PieceLayer, _pieceLength);
        }
        catch (IOException)
        {
            return false; // a sector that cannot be read is a broken piece
        }
    }

    private async Task FetchAsync(EditionOrigin origin, string volume, string name, ObjectRow obj, long index, byte[] piece, CancellationToken stop)
    {
        var want = PieceBytes(obj, index);
        var filled = 0;
        await origin.CopyAsync(EditionOrigin.VolumeFile(volume, name), index * _pieceLength, want, want, (bytes, _) =>
        {
            bytes.CopyTo(piece.AsMemory(filled));
            filled += bytes.Length;
            return ValueTask.CompletedTask;
        }, stop).ConfigureAwait(false);
        if (!PieceTree.VerifyPiece(piece.AsSpan(0, want), index, obj.Root, obj.LengthBytes, obj.PieceLayer, _pieceLength))
            throw new LacquerException(Failure.Untrusted, $"piece {index} of {name} at {origin.Address} is broken too", "try another mirror: --from ADDRESS");
    }
}
