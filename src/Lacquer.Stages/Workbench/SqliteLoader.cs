using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text;
using Lacquer.Formats.Findings;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Lacquer.Stages.Workbench;

/// <summary>
/// Writes a new SQLite file row by row through the C API, in one transaction and without a journal: the file is either renamed into place when it is whole, or thrown away. Rows are inserted by a thread of
/// their own, in the order in which they are given, while the caller makes the next; a few megabytes of them are under way at most.
/// </summary>
public sealed class SqliteLoader : IDisposable
{
    private const int BufferBytes = 1 << 18;
    private const int MostBuffers = 16;

    private readonly sqlite3 _database;
    private readonly string _path;
    private readonly List<Insert> _inserts = [];
    private readonly BlockingCollection<RowBuffer> _waiting = new(MostBuffers);
    private readonly ConcurrentBag<RowBuffer> _free = [];
    private readonly Thread _thread;
    private readonly object _gate = new();
    private volatile ExceptionDispatchInfo? _failure;
    private RowBuffer _rows = new();
    private long _given;
    private long _done;

    /// <summary>Makes the file with this schema.</summary>
    public SqliteLoader(string path, int pageBytes, string schema)
    {
        Batteries_V2.Init();
        _path = path;
        Check(sqlite3_open_v2(path, out _database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, null));
        _thread = new Thread(InsertAll) { IsBackground = true, Name = "sqlite" };
        Execute($"PRAGMA page_size={pageBytes}; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-262144; BEGIN;");
        Execute(schema);
        _thread.Start();
    }

    /// <summary>The open database, when all rows that were given are in it.</summary>
    public sqlite3 Database
    {
        get
        {
            Drain();
            return _database;
        }
    }

    /// <summary>Runs statements that give no rows.</summary>
    public void Run(string sql)
    {
        Drain();
        Execute(sql);
    }

    /// <summary>Prepares an insertion into all columns of a table.</summary>
    public Insert Into(string table, int columns)
    {
        Drain();
        Check(sqlite3_prepare_v2(_database, $"INSERT INTO {table} VALUES({string.Join(',', Enumerable.Repeat('?', columns))})", out var statement));
        var insert = new Insert(this, statement, _inserts.Count);
        _inserts.Add(insert);
        return insert;
    }

    /// <summary>Commits.</summary>
    public void Finish() => Run("COMMIT");

    /// <inheritdoc/>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread.Join();
        foreach (var insert in _inserts)
            insert.Dispose();
        _database.Dispose();
        _waiting.Dispose();
    }

    private void Execute(string sql) => Check(sqlite3_exec(_database, sql));

    // All rows that were given are inserted when this returns.
    private void Drain()
    {
        if (_rows.Length > 0)
            Send();
        lock (_gate)
            while (_done < _given)
                Monitor.Wait(_gate);
        _failure?.Throw();
    }

    private void Send()
    {
        _failure?.Throw();
        _given++;
        _waiting.Add(_rows);
        _rows = _free.TryTake(out var free) ? free : new RowBuffer();
    }

    private void InsertAll()
    {
        foreach (var rows in _waiting.GetConsumingEnumerable())
        {
            try
            {
                if (_failure is null)
                    InsertRows(rows.Written);
            }
            catch (Exception e)
            {
                // The caller is told at its next row.
                _failure = ExceptionDispatchInfo.Capture(e);
            }

            rows.Clear();
            _free.Add(rows);
            lock (_gate)
            {
                _done++;
                Monitor.Pulse(_gate);
            }
        }
    }

    private void InsertRows(ReadOnlySpan<byte> rows)
    {
        while (!rows.IsEmpty)
        {
            var statement = _inserts[rows[0]].Statement;
            var columns = rows[1];
            rows = rows[2..];
            for (var column = 1; column <= columns; column++)
            {
                var kind = (ValueKind)rows[0];
                rows = rows[1..];
                switch (kind)
                {
                    case ValueKind.Null:
                        Check(sqlite3_bind_null(statement, column));
                        break;
                    case ValueKind.Integer:
                        Check(sqlite3_bind_int64(statement, column, BinaryPrimitives.ReadInt64LittleEndian(rows)));
                        rows = rows[8..];
                        break;
                    case ValueKind.Real:
                        Check(sqlite3_bind_double(statement, column, BinaryPrimitives.ReadDoubleLittleEndian(rows)));
                        rows = rows[8..];
                        break;
                    default:
                        var length = BinaryPrimitives.ReadInt32LittleEndian(rows);
                        var bytes = rows.Slice(4, length);
                        Check(kind == ValueKind.Text ? sqlite3_bind_text(statement, column, bytes) : sqlite3_bind_blob(statement, column, bytes));
                        rows = rows[(4 + length)..];
                        break;
                }
            }

            Check(sqlite3_step(statement));
            Check(sqlite3_reset(statement));
        }
    }

    private void Check(int code)
    {
        if (code is SQLITE_OK or SQLITE_DONE or SQLITE_ROW)
            return;
        var message = _database is null ? "cannot open" : sqlite3_errmsg(_database).utf8_to_string();
        if (code == SQLITE_FULL || (code & 0xFF) == SQLITE_IOERR)
            throw Durable.DiskFull(_path);
        throw new InvalidOperationException($"{_path}: SQLite says {message} ({code})");
    }

    private enum ValueKind : byte
    {
        Null,
        Integer,
        Real,
        Text,
        Blob,
    }

    /// <summary>A prepared insertion. Values are given in the order of the columns, then <see cref="Row"/>; meanwhile rows may go into other tables.</summary>
    public sealed class Insert : IDisposable
    {
        private readonly SqliteLoader _loader;
        private readonly byte _number;
        private readonly RowBuffer _row = new();
        private byte _columns;

        internal Insert(SqliteLoader loader, sqlite3_stmt statement, int number)
        {
            _loader = loader;
            Statement = statement;
            _number = checked((byte)number);
        }

        internal sqlite3_stmt Statement { get; }

        /// <summary>The next column's value.</summary>
        public Insert With(long? value)
        {
            if (value is not { } number)
                return Put(ValueKind.Null, 0, out _);
            Put(ValueKind.Integer, 8, out var room);
            BinaryPrimitives.WriteInt64LittleEndian(room, number);
            return this;
        }

        /// <summary>The next column's value.</summary>
        public Insert With(string value)
        {
            Put(ValueKind.Text, 4 + Encoding.UTF8.GetByteCount(value), out var room);
            BinaryPrimitives.WriteInt32LittleEndian(room, room.Length - 4);
            Encoding.UTF8.GetBytes(value, room[4..]);
            return this;
        }

        /// <summary>The next column's value.</summary>
        public Insert With(byte[] value) => Bytes(ValueKind.Blob, value);

        /// <summary>The next column's value: a text, UTF-8.</summary>
        public Insert WithText(ReadOnlySpan<byte> utf8) => Bytes(ValueKind.Text, utf8);

        /// <summary>The next column's value: a text, or null for an empty one.</summary>
        public Insert WithTextOrNull(ReadOnlySpan<byte> utf8) => utf8.IsEmpty ? Put(ValueKind.Null, 0, out _) : Bytes(ValueKind.Text, utf8);

        /// <summary>The next column's value: bytes, or null for none.</summary>
        public Insert WithBytes(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? Put(ValueKind.Null, 0, out _) : Bytes(ValueKind.Blob, bytes);

        /// <summary>The next column's value, which is null where it is not known.</summary>
        public Insert WithReal(float value)
        {
            if (float.IsNaN(value))
                return Put(ValueKind.Null, 0, out _);
            Put(ValueKind.Real, 8, out var room);
            BinaryPrimitives.WriteDoubleLittleEndian(room, value);
            return this;
        }

        /// <summary>Inserts the row.</summary>
        public void Row()
        {
            _loader._rows.Add(_number, _columns, _row.Written);
            _row.Clear();
            _columns = 0;
            if (_loader._rows.Length >= BufferBytes)
                _loader.Send();
        }

        /// <inheritdoc/>
        public void Dispose() => Statement.Dispose();

        private Insert Bytes(ValueKind kind, ReadOnlySpan<byte> bytes)
        {
            Put(kind, 4 + bytes.Length, out var room);
            BinaryPrimitives.WriteInt32LittleEndian(room, bytes.Length);
            bytes.CopyTo(room[4..]);
            return this;
        }

        private Insert Put(ValueKind kind, int bytes, out Span<byte> room)
        {
            _columns++;
            room = _row.Room(1 + bytes);
            room[0] = (byte)kind;
            room = room[1..];
            return this;
        }
    }

    /// <summary>Rows on their way: number of the insertion, number of columns, then for each a kind and a value.</summary>
    private sealed class RowBuffer
    {
        private byte[] _bytes = new byte[1 << 12];

        public int Length { get; private set; }

        public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

        public void Clear() => Length = 0;

        public void Add(byte insert, byte columns, ReadOnlySpan<byte> values)
        {
            var room = Room(2 + values.Length);
            room[0] = insert;
            room[1] = columns;
            values.CopyTo(room[2..]);
        }

        public Span<byte> Room(int count)
        {
            if (_bytes.Length - Length < count)
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
            var room = _bytes.AsSpan(Length, count);
            Length += count;
            return room;
        }
    }
}
